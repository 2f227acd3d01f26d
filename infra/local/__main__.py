"""`backroom run` serves the local stack until Ctrl-C; `backroom tick NAME` runs a schedule of the running stack."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence

from botocore.exceptions import EndpointConnectionError

from infra.local.api_process import ApiNotLoaded
from infra.local.engine import EngineError
from infra.local.environment import Plan, plan
from infra.local.stack import PortTaken, Stack, fire, is_running
from infra.signals import StopRequested, StopSignal


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="backroom", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("run", help="serve the whole bundle")
    once = commands.add_parser("tick", help="run one schedule now")
    once.add_argument("name", nargs="?", help="the schedule, e.g. retention-start_sweep; default: list the schedules")
    for command in (serving, once):
        command.add_argument("--json", action="store_true", help="write the result as JSON")
    arguments = parser.parse_args(words)
    try:
        stack_plan = plan()
        if arguments.command == "run":
            return run(stack_plan, as_json=arguments.json)
        return tick(stack_plan, arguments.name, as_json=arguments.json)
    except (PortTaken, ApiNotLoaded, EngineError, EndpointConnectionError, ValueError) as error:
        print(f"backroom: {error}", file=sys.stderr)
        return 1


def run(stack_plan: Plan, *, as_json: bool = False) -> int:
    """Serve until SIGINT or SIGTERM, which also ends the start. Exits after a minute even if a part does not stop."""
    stop = StopSignal()
    started_at = time.monotonic()
    with Stack(stack_plan) as stack:
        try:
            with stop.interrupting():
                _start(stack, started_at, as_json=as_json)
            stop.wait()
        except StopRequested:
            print("\nThe start was interrupted.", file=sys.stderr, flush=True)
        print("\nStopping …", file=sys.stderr, flush=True)
    return 0


def _start(stack: Stack, started_at: float, *, as_json: bool) -> None:
    """Start and seed the stack, and print its URLs. `started_at` is the start in seconds of the monotonic clock."""
    stack.start()
    from infra.local import seed, welcome

    seed.seed(stack.plan)
    stack.announce()
    seconds = time.monotonic() - started_at
    text = json.dumps(welcome.addresses(stack.plan)) if as_json else welcome.text(stack.plan, seconds)
    print(text, flush=True)


def tick(stack_plan: Plan, name: str | None, *, as_json: bool = False) -> int:
    """Run a schedule's handler once, against the running stack. Raises ValueError if no stack is running."""
    if stack_plan.embedded_aws and not is_running(stack_plan):
        raise ValueError("no local stack is running: start it with `make run`.")
    fire(stack_plan, name)
    print(json.dumps({"schedule": name, "status": "done"}) if as_json else f"{name}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
