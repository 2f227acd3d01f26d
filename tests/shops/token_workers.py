"""Worker processes that request a shop's access token concurrently: `python -m tests.shops.token_workers SHOP COUNT`.

Slow initialization is done once, before the fork; each worker then waits for a line on standard input. Results are
written to standard output, one JSON object per line.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from typing import Any

import pytest

from chalicelib.integrations.shopify import http_client
from chalicelib.kit import aws, clock
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.secrets import encrypt
from chalicelib.shops import service
from tests.timeouts import LIMIT


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shop")
    parser.add_argument("count", type=int)
    parser.add_argument("--die-before", metavar="OPERATION", help="of DynamoDB: be killed as it is about to be called")
    arguments = parser.parse_args()
    moment, patch = clock.now(), pytest.MonkeyPatch()
    patch.setattr(clock, "now", lambda: moment)  # no lease or token expires on a slow machine
    patch.setattr(http_client, "READ_TIMEOUT", LIMIT)
    client = aws.client("dynamodb")  # no connection yet: those do not survive a fork
    encrypt("loads the cipher", "nowhere")
    if arguments.die_before:
        client.meta.events.register(f"before-call.dynamodb.{arguments.die_before}", _crash)
    ready, gate = os.pipe(), os.pipe()
    pids = [_fork(arguments.shop, ready, gate) for _ in range(arguments.count)]
    for _ in pids:
        os.read(ready[0], 1)
    _report(event="ready")
    sys.stdin.readline()
    os.close(gate[1])
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        _report(event="ended", pid=pid, code=os.waitstatus_to_exitcode(status))


def _fork(shop: str, ready: tuple[int, int], gate: tuple[int, int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.close(gate[1])
    os.write(ready[1], b".")
    os.read(gate[0], 1)  # ends when the parent closes it
    code = 1
    try:
        _work(shop)
        code = 0
    except BaseException as error:
        _report(event="failed", pid=os.getpid(), error=repr(error))
    finally:
        os._exit(code)  # never return into the parent's code


def _work(shop: str) -> None:
    """Retry until there is a token, as a caller that receives Retry-After does."""
    was_refused, give_up = False, time.monotonic() + LIMIT
    while True:
        try:
            return _report(event="token", pid=os.getpid(), token=service.get_access_token(shop, "studio"))
        except Unavailable:
            if time.monotonic() > give_up:
                raise
        if not was_refused:
            _report(event="unavailable", pid=os.getpid())
        was_refused = True
        time.sleep(0.05)


def _report(**facts: Any) -> None:
    os.write(1, json.dumps(facts).encode() + b"\n")  # unbuffered and atomic


def _crash(**_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
