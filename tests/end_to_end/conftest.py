"""A local stack started by command, on its own ports and in its own folder."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.environment import ROOT
from tests.timeouts import LIMIT, eventually

Start = Callable[..., subprocess.Popen[str]]


def free_ports(count: int) -> int:
    """The first of `count` neighbouring ports that nobody listens on."""
    while True:
        first = random.randrange(20_000, 32_000)
        try:
            for socket_ in [socket.create_server(("127.0.0.1", first + n)) for n in range(count)]:
                socket_.close()
        except OSError:
            continue
        return first


@pytest.fixture
def run_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a person who has exported somebody else's AWS credentials."""
    prefixes = ("AWS_", "SHOPIFY_", "STRIPE_", "STAGE", "SECRETS_", "SIGNING_", "PUBLIC_URL", "POWERTOOLS_", "TABLE_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return {
        **environment,
        "PORT": str(free_ports(9)),
        "LOCAL_STATE_DIR": str(tmp_path / "state"),
        "AWS_ACCESS_KEY_ID": "AKIAEXPORTED",
        "AWS_SECRET_ACCESS_KEY": "exported",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def start(run_environment: dict[str, str]) -> Iterator[Start]:
    """Starts `make run`'s process and waits until it is up; everything is stopped afterwards."""
    running: list[subprocess.Popen[str]] = []

    def run(wait: bool = True) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "run"],
            cwd=ROOT,
            env=run_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        file = Path(run_environment["LOCAL_STATE_DIR"]) / "running.json"

        def up() -> bool:
            assert process.poll() is None, process.communicate()[0]
            return file.exists()

        if wait:
            eventually(up, "make run is up")
        return process

    yield run
    for process in running:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LIMIT)  # keep reading: a full pipe would block the process
        if process.stdout:
            process.stdout.close()
