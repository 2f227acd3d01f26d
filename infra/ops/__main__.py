"""`backroom ops COMMAND`: run an operator command. Without a stage, it uses the local stack.

With STAGE=dev or prod, it uses that stage in the account and region of your AWS credentials.

Standard output contains the result only. Progress bars, logs and remarks go to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from infra.deploy import live_stage
from infra.local import environment
from infra.ops.errors import CommandRefused
from infra.ops.signals import Stopped, stoppable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 for success, 128 + the signal number after a signal."""
    stage = os.environ.get("STAGE", "local")
    if stage == "local":
        os.environ.update(environment.plan().environment)
    elif stage in live_stage.STAGES:
        try:
            print(f"backroom: {live_stage.enter(stage)}", file=sys.stderr)
        except (live_stage.StageRefused, BotoCoreError, ClientError) as error:
            print(f"backroom: {error}", file=sys.stderr)
            return 1
    with redirect_stdout(sys.stderr):  # loggers keep the stream that is standard output at their import
        parser = _parser()
    parsed = parser.parse_args(arguments, argparse.Namespace(stdout=sys.stdout))
    with redirect_stdout(sys.stderr):
        return _run(parsed)


def _parser() -> argparse.ArgumentParser:
    """Build the parser. Import the commands here: they read the settings, which must be set before."""
    from infra.ops import (
        analytics,
        archive,
        billing_events,
        check,
        dead_letters,
        estimate,
        event_import,
        exchange_rates,
        measures,
        members,
        notices,
        plans,
        platform_audit,
        privacy,
        recomputation,
        replay,
        retention,
        rotate,
        shops,
        sizes,
        staff,
        store_backups,
        store_jobs,
        store_migrations,
        store_moves,
        stores,
        tokens,
        usage,
    )

    parser = argparse.ArgumentParser(prog="backroom ops", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    families = (
        check,
        shops,
        replay,
        billing_events,
        rotate,
        dead_letters,
        privacy,
        retention,
        archive,
        analytics,
        sizes,
        plans,
        exchange_rates,
        event_import,
        recomputation,
        estimate,
        tokens,
        usage,
        members,
        notices,
        staff,
        stores,
        store_jobs,
        store_backups,
        store_moves,
        store_migrations,
        measures,
        platform_audit,
    )
    for family in families:
        family.add(commands)
    for leaf in _leaves(parser):
        _accept_json(leaf)
    return parser


def _leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parsers of the commands that have no commands of their own."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield parser
    for group in groups:
        for each in group.choices.values():
            yield from _leaves(each)


def _accept_json(command: argparse.ArgumentParser) -> None:
    """Let a command take `--json`, but not with `--csv`. Its output follows it by `output`."""
    options = {option: action for action in command._actions for option in action.option_strings}
    if "--json" not in options:
        about = "write the result as JSON"
        options["--json"] = command.add_argument("--json", action="store_true", help=about)
    if "--csv" in options:
        group = command.add_mutually_exclusive_group()
        group._group_actions.extend([options["--json"], options["--csv"]])


def _run(parsed: argparse.Namespace) -> int:
    from chalicelib.kit import config
    from chalicelib.kit.errors import Problem

    try:
        with stoppable():
            code: int = parsed.run(parsed)
            parsed.stdout.flush()
            return code
    except (Problem, CommandRefused) as error:
        print(f"backroom: {error}", file=sys.stderr)
        for field in getattr(error, "errors", ()):
            print(f"  {field['path'].removeprefix('body.')} {field['message']}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        print(f"backroom: stopped. {stopped.advice}".rstrip(), file=sys.stderr)
        return stopped.exit_code
    except BrokenPipeError:  # the reader closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), parsed.stdout.fileno())
        return 141
    except Exception as error:
        if not isinstance(getattr(error, "cause", error), EndpointConnectionError):  # PynamoDB wraps it as the cause
            raise
        where = config.settings().endpoint_url or "AWS"
        print(f"backroom: {where} does not answer; `make run` starts the local stack", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
