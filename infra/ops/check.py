"""Check a deployed stage: secrets, settings, quotas, tables, queues, buckets, the key. It changes nothing."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from infra.ops.checks import Finding, account_quotas, iterate_findings, resources, secrets, settings

CHECKS: dict[str, Callable[[], Iterator[Finding]]] = {
    "secrets": secrets.check,
    "settings": settings.check,
    "quotas": account_quotas.check,
    "resources": resources.check,
}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("check", help="check secrets, settings, quotas and resources of a stage")
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.set_defaults(run=show)


def show(arguments: Namespace) -> int:
    """Print a line for each finding: status, name, advice. Return 1 if one failed."""
    findings = [finding for kind, check in CHECKS.items() for finding in iterate_findings(kind, check)]
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2), file=arguments.stdout)
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{finding.status:<8} {finding.name:<{width}}  {finding.advice}", file=arguments.stdout)
    return int(any(finding.status == "failed" for finding in findings))
