"""Check the account's quotas for the deployed functions."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.kit import config
from infra.deploy.packaging import concurrency, quotas
from infra.deploy.packaging.names import function_name, functions
from infra.ops.checks import Finding


def check() -> Iterator[Finding]:
    """Yield a finding for each quota that is too low, or one that all suffice; and one for reserved concurrency.

    Yields none outside a live stage, which has no functions.
    """
    if not config.settings().is_live:
        return
    short = list(quotas.iterate_shortages([function_name(name) for name in functions()], zip_bytes=0))
    for shortage in short:
        yield Finding(shortage.quota, "failed", str(shortage))
    if not short:
        yield Finding("quotas", "ok", "Lambda concurrency, code storage and IAM roles suffice")
    unreserved = concurrency.unreserved_executions()
    if concurrency.fits(unreserved):
        yield Finding("reserved concurrency", "ok", "the account has enough executions")
    else:
        advice = f"{concurrency.describe_lack(unreserved)}; request more, then deploy"
        yield Finding("reserved concurrency", "warning", advice)
