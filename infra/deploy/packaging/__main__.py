"""`backroom package|deploy|rollback|teardown [--stage dev|prod] [--out build/dev]`: bring a stage into an account."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from infra.deploy import live_stage
from infra.deploy.live_stage import STAGES

NONE = "none"
"""On the command line: remove the value that the stacks have."""


def main(words: Sequence[str] | None = None) -> int:
    """Package, deploy, roll back or take down. Print a message and return 1 on failure."""
    parser = argparse.ArgumentParser(prog="backroom", description=__doc__)
    parser.add_argument("command", choices=("package", "deploy", "rollback", "teardown"))
    parser.add_argument("--stage", default="dev", help=f"{' or '.join(STAGES)}; default: dev")
    parser.add_argument("--out", type=Path, help="output directory for templates and zips; default: build/<stage>")
    parser.add_argument("--packaged", action="store_true", help="deploy what is in the output directory already")
    parser.add_argument("--yes", action="store_true", help="do not ask before the changes (deploy)")
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
    parser.add_argument("--json", action="store_true", help="write the result as JSON, and progress to standard error")
    arguments = parser.parse_args(words)
    if arguments.stage not in STAGES:
        parser.error(
            f"--stage {arguments.stage}: only {' and '.join(STAGES)} can be packaged; other stages run on this machine"
        )
    out = arguments.out or Path("build") / arguments.stage

    from botocore.exceptions import BotoCoreError, ClientError

    from infra.deploy.packaging.errors import PackagingFailed

    try:
        with redirect_stdout(sys.stderr) if arguments.json else nullcontext():
            result = _run(arguments, out)
    except (PackagingFailed, live_stage.StageRefused, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(result, indent=2))
    return 0


def _run(arguments: argparse.Namespace, out: Path) -> dict[str, Any]:
    """Run the command and return its result for `--json`. Raises PackagingFailed, StageRefused and botocore's errors."""
    if arguments.command == "package":
        return {"files": _package(arguments, out)}
    _demand_confirmation(arguments)
    if arguments.command == "deploy":
        with live_stage.without_account(arguments.stage):
            _demand_python(arguments)
            _parameters(arguments)
    target = live_stage.find_target(arguments.stage)
    print(f"{arguments.command}: {target}", flush=True)
    about = {"stage": target.stage, "account": target.account, "region": target.region}
    if arguments.command == "deploy":
        return {**about, "outputs": _deploy(arguments, out, target)}
    live_stage.use(target)
    from infra.deploy.packaging import deploy

    if arguments.command == "rollback":
        return {**about, "changed": [deploy.roll_back(arguments.stack, target.account)]}
    return {**about, "changed": deploy.take_down()}


def _demand_confirmation(arguments: argparse.Namespace) -> None:
    """Raise PackagingFailed if `prod` is to be taken down without confirmation."""
    from infra.deploy.packaging.errors import PackagingFailed

    if (arguments.command, arguments.stage) == ("teardown", "prod") and arguments.confirm != arguments.stage:
        raise PackagingFailed("this takes the API of prod down; run `make teardown STAGE=prod CONFIRM=prod`")


def _package(arguments: argparse.Namespace, out: Path) -> dict[str, int]:
    """Write templates and zips for any account, and return the size of each file in bytes. Raises PackagingFailed."""
    live_stage.select(arguments.stage)
    _demand_python(arguments)
    from infra.deploy.packaging.package import package

    sizes = {str(path): path.stat().st_size for path in package(out)}
    for path, size in sizes.items():
        print(f"{path}  {size / 1e3:,.0f} kB")
    return sizes


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


def _demand_python(arguments: argparse.Namespace) -> None:
    """Raise RuntimeTooOld if this Python cannot package or deploy the stage."""
    from chalicelib.kit import config
    from infra.deploy.packaging import runtimes

    runtimes.demand(arguments.command, arguments.stage, config.settings().is_embedded, sys.version_info[:2])


def _deploy(arguments: argparse.Namespace, out: Path, target: live_stage.Target) -> dict[str, str]:
    """Package unless that is done, show the changes, ask, deploy, and return the outputs.

    A stage keeps its buckets, and the settings that this process does not set.
    """
    from infra.deploy.packaging import deploy, kept_buckets, kept_settings, preview

    given = _parameters(arguments)
    preview.demand_answer(arguments.yes)
    deploy.demand_alarm_email(arguments.stage, arguments.alarm_email)
    if not arguments.packaged:
        for name, value in (kept_buckets.find(target) | kept_settings.find()).items():
            os.environ.setdefault(name, value)
        _package(arguments, out)
    live_stage.use(target)
    kept_buckets.demand(target, out)
    for line in kept_settings.iterate_changes(out):
        print(line)
    return deploy.deploy(out, target, given, is_confirmed=arguments.yes)


if __name__ == "__main__":
    sys.exit(main())
