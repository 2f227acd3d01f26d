"""Check secrets and settings before a deployment: a stage without them comes up and then fails its customers."""

from __future__ import annotations

import os

from chalicelib.kit import config
from infra.deploy.packaging.errors import PackagingFailed
from infra.ops.checks import iterate_findings, secrets, settings


class NotReady(PackagingFailed):
    """`prod` lacks a secret or a decision; the message names each and the remedy."""


def check() -> list[str]:
    """Return a line for each secret or setting that this process's stage lacks.

    Raises NotReady for `prod` if a needed secret or the sender's verification is missing, or if nobody has said which
    image model it uses: the default imitates one, so IMAGE_MODEL=local must be explicit.
    """
    checks = {"secrets": secrets.check, "settings": settings.check}
    findings = [each for kind, check in checks.items() for each in iterate_findings(kind, check) if each.status != "ok"]
    failed = [f"{each.name}: {each.advice}" for each in findings if each.status == "failed"]
    if not os.environ.get("IMAGE_MODEL"):
        failed.append("IMAGE_MODEL: not set; set it to bedrock or http, or to local for imitated pictures")
    if failed and config.settings().stage == "prod":
        raise NotReady("prod is not ready; nothing was deployed.\n  " + "\n  ".join(failed))
    return [*failed, *(f"{each.name}: {each.advice}" for each in findings if each.status == "warning")]
