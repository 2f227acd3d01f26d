"""Check a deployed stage: secrets, settings, quotas, tables, queues, buckets, the key. It changes nothing."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from infra.ops import output
from infra.ops.checks import Finding, account_quotas, iterate_findings, models, resources, secrets, settings

CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "secrets": secrets.check,
    "settings": settings.check,
    "quotas": account_quotas.check,
    "resources": resources.check,
    "models": models.check,
}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("check", help="check secrets, settings, quotas and resources of a stage")
    parser.set_defaults(run=show)


def show(arguments: Namespace) -> int:
    """Print a line for each finding: status, name, advice. Return 1 if one failed."""
    findings = [finding for kind, check in CHECKS.items() for finding in iterate_findings(kind, check)]
    width = max(len(finding.name) for finding in findings)
    with output.lines(arguments) as write:
        for finding in findings:
            write(asdict(finding), f"{finding.status:<8} {finding.name:<{width}}  {finding.advice}")
    return int(any(finding.status == "failed" for finding in findings))
