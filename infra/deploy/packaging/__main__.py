"""`python -m infra.deploy.packaging package|deploy|rollback|teardown --stage dev|prod [--out build/prod]`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

STAGES = ("dev", "prod")
NONE = "none"
"""On the command line: remove the value that the stacks have."""


def main() -> int:
    """Package, deploy, roll back or take down. Print a message and return 1 on failure."""
    parser = argparse.ArgumentParser(prog="python -m infra.deploy.packaging", description=__doc__)
    parser.add_argument("command", choices=("package", "deploy", "rollback", "teardown"))
    parser.add_argument("--stage", required=True, help=" or ".join(STAGES))
    parser.add_argument("--out", type=Path, help="output directory for templates and zips; default: build/<stage>")
    parser.add_argument("--packaged", action="store_true", help="deploy what is in the output directory already")
    parser.add_argument("--alarm-email", help="address for alarms; default: unchanged (deploy)")
    subnets = "comma-separated subnets of functions with SQL drivers; default: unchanged, at first none (deploy)"
    parser.add_argument("--sql-subnets", help=subnets)
    parser.add_argument("--sql-security-groups", help="comma-separated security groups of these functions (deploy)")
    parser.add_argument(
        "--domain", help=f"custom domain of the API, or {NONE}; default: unchanged, at first none (deploy)"
    )
    parser.add_argument("--certificate", help="ARN of the domain's certificate, of ACM in the stage's region (deploy)")
    keep = "open: the execute-api address also answers while there is a domain; default: unchanged, at first closed (deploy)"
    parser.add_argument("--execute-api", choices=("", "open", "closed"), help=keep)
    parser.add_argument(
        "--cors-origins", help=f"comma-separated origins whose pages may call the API, or {NONE} (deploy)"
    )
    parser.add_argument("--stack", help="stack to roll back: api, watch or a context (rollback)")
    parser.add_argument("--confirm", help="the stage again, to take down prod (teardown)")
    arguments = parser.parse_args()
    if arguments.stage not in STAGES:
        parser.error(
            f"--stage {arguments.stage}: only {' and '.join(STAGES)} can be packaged; other stages run on this machine"
        )
    out = arguments.out or Path("build") / arguments.stage
    _enter(arguments.stage)

    from botocore.exceptions import BotoCoreError, ClientError

    from infra.deploy.packaging.errors import PackagingFailed

    try:
        _run(arguments, out)
    except (PackagingFailed, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(arguments: argparse.Namespace, out: Path) -> None:
    """Run the command. Raises PackagingFailed and botocore's errors."""
    from chalicelib.kit import config
    from infra.deploy.packaging import deploy, runtimes
    from infra.deploy.packaging.package import package

    command, stage = arguments.command, arguments.stage
    if command == "rollback":
        deploy.roll_back(arguments.stack, deploy.account())
    elif command == "teardown":
        deploy.take_down(stage, arguments.confirm)
    else:
        runtimes.demand(command, stage, config.settings().is_embedded, sys.version_info[:2])
        given = _parameters(arguments)
        owner = deploy.account() if command == "deploy" else None
        if owner:
            deploy.demand_alarm_email(stage, arguments.alarm_email)
        for path in [] if arguments.packaged else package(out):
            print(f"{path}  {path.stat().st_size / 1e3:,.0f} kB")
        if owner:
            deploy.deploy(out, owner, given)


def _parameters(arguments: argparse.Namespace) -> dict[str, str | None]:
    """Return the given parameters of the templates, by name; None for one that keeps its value. Raises PackagingFailed."""
    from chalicelib.kit import config
    from infra.deploy.packaging import domain, gateway, layers
    from infra.deploy.packaging.alarms import ALARM_EMAIL

    given = {
        ALARM_EMAIL: arguments.alarm_email,
        layers.SUBNETS: arguments.sql_subnets,
        layers.SECURITY_GROUPS: arguments.sql_security_groups,
        domain.DOMAIN: arguments.domain,
        domain.CERTIFICATE: arguments.certificate,
        domain.EXECUTE_API: arguments.execute_api,
        gateway.CORS_ORIGINS: arguments.cors_origins,
    }
    named = {name: "" if value == NONE else value or None for name, value in given.items()}
    domain.check(named[domain.DOMAIN], named[domain.CERTIFICATE], config.settings().region)
    gateway.check_origins(named[gateway.CORS_ORIGINS])
    return named


def _enter(stage: str) -> None:
    """Set the stage's environment. Call this before importing anything that reads the settings.

    Bucket names are globally unique, so they include the account number unless they are given.
    """
    prefix = os.environ.setdefault("TABLE_PREFIX", "backroom")
    os.environ["STAGE"] = stage
    for name in ("IMAGES", "ARCHIVE"):
        os.environ.setdefault(f"{name}_BUCKET", f"{prefix}-{stage}-{name.lower()}-${{AWS::AccountId}}")


if __name__ == "__main__":
    sys.exit(main())
