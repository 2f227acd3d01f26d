"""`backroom demo`: run the main workflow against the running stack, or start one for it. Exits with 1 if a step fails."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx2

from infra.local.demo.stack_search import START_SECONDS, find_stack
from infra.local.demo.world import Wrong
from infra.local.engine import EngineError
from infra.local.environment import Plan, plan
from infra.local.stack import is_running

STOP_SECONDS = 240


def main(words: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit code."""
    parser = argparse.ArgumentParser(prog="backroom demo", description=__doc__)
    parser.add_argument("--json", action="store_true", help="write each step as a line of JSON")
    arguments = parser.parse_args(words)
    exported = dict(os.environ)
    try:
        made = plan(exported)
        os.environ.update(made.environment)
        from infra.local.demo.walk import walk

        with _stack(made, exported):
            walk(made, made.state_dir / "demo", as_json=arguments.json)
    except (Wrong, EngineError, ValueError, httpx2.TransportError) as error:
        print(f"backroom: {error}", file=sys.stderr)
        return 1
    return 0


@contextmanager
def _stack(made: Plan, exported: dict[str, str]) -> Iterator[None]:
    """Use the running stack or one that is starting, or start one for the duration of the block.

    Raises ValueError if Shopify or Stripe is not a sandbox, if the stack does not start, or if its ports are in use.
    """
    if not (made.sandbox_shopify and made.sandbox_stripe):
        raise ValueError("the demo needs the sandboxes: unset SHOPIFY_* and STRIPE_*.")
    if find_stack(made):
        yield
        return
    print("No stack is running; starting one for the demo …", file=sys.stderr, flush=True)
    process = subprocess.Popen([sys.executable, "-m", "infra.local", "run"], env=exported, stdout=subprocess.DEVNULL)
    try:
        _await_ready(made, process)
        yield
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def _await_ready(made: Plan, process: subprocess.Popen[bytes]) -> None:
    """Wait until a stack runs: the one of `process`, or one that took its ports first."""
    deadline = time.monotonic() + START_SECONDS
    while not is_running(made):
        if process.poll() is not None and find_stack(made):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise ValueError("the stack did not start; run `make run` to see the error.")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
