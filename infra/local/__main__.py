"""`python -m infra.local run` serves the local stack until Ctrl-C; `… tick NAME` runs a schedule of the running stack."""

from __future__ import annotations

import argparse
import sys
import time

from botocore.exceptions import EndpointConnectionError

from infra.local.engine import EngineError
from infra.local.environment import Plan, plan
from infra.local.stack import PortTaken, Stack, fire, is_running
from infra.signals import StopRequested, StopSignal


def main() -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="serve the whole bundle")
    once = commands.add_parser("tick", help="run one schedule now")
    once.add_argument("name", nargs="?", help="the schedule, e.g. retention-start_sweep; default: list the schedules")
    arguments = parser.parse_args()
    try:
        made = plan()
        return run(made) if arguments.command == "run" else tick(made, arguments.name)
    except (PortTaken, EngineError, EndpointConnectionError, ValueError) as error:
        print(f"backroom: {error}", file=sys.stderr)
        return 1


def run(made: Plan) -> int:
    """Serve until SIGINT or SIGTERM, which also ends the start. Exits after a minute even if a part does not stop."""
    stop = StopSignal()
    begun = time.monotonic()
    with Stack(made) as stack:
        try:
            with stop.interrupting():
                _start(stack, begun)
            stop.wait()
        except StopRequested:
            print("\nThe start was interrupted.", flush=True)
        print("\nStopping …", flush=True)
    return 0


def _start(stack: Stack, begun: float) -> None:
    """Start and seed the stack, and print its URLs. `begun` is the start in seconds of the monotonic clock."""
    stack.start()
    from infra.local import seed, welcome

    seed.seed(stack.plan)
    stack.announce()
    print(welcome.text(stack.plan, time.monotonic() - begun), flush=True)


def tick(made: Plan, name: str | None) -> int:
    """Run a schedule's handler once, against the running stack. Raises ValueError if no stack is running."""
    if made.embedded_aws and not is_running(made):
        raise ValueError("no local stack is running: start it with `make run`.")
    fire(made, name)
    print(f"{name}: done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
