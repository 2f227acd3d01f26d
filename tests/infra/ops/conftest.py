"""Operator commands, run in this process or in their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import clock, config, locks, secrets
from chalicelib.kit.models import Lock
from infra.deploy.handlers import ROOT
from infra.ops.__main__ import main
from tests.timeouts import eventually

Start = Callable[..., subprocess.Popen[str]]


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command."""

    code: int
    out: str
    err: str


Ops = Callable[..., CommandResult]


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Ops:
    """Run a command in this process."""

    def run(*arguments: str) -> CommandResult:
        capsys.readouterr()
        code = main(arguments)
        output = capsys.readouterr()
        return CommandResult(code, output.out, output.err)

    return run


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a command in its own process; `pauses` names a call at which it pauses (tests.infra.ops.paused_command)."""
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: str, pauses: str = "", **options: Any) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        module = ["tests.infra.ops.paused_command", *pauses.split()] if pauses else ["infra.ops"]
        command = [sys.executable, "-m", *module, *arguments]
        process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def wait_for_first_page(process: subprocess.Popen[str], lock: str) -> None:
    """Wait until a resumable command has completed its first page."""

    def has_checkpoint() -> bool:
        assert process.poll() is None, process.communicate()
        return bool(locks.watermark(lock))

    eventually(has_checkpoint, "the first page is completed")


def extend_lease(lock: str) -> None:
    """Extend the lease of a crashed holder, so that a slow test does not expire it."""
    row = Lock.get(lock)
    assert row.held_until is not None
    row.update([Lock.held_until.set(clock.now() + timedelta(hours=1))])


def expire_lease(lock: str) -> None:
    """Expire the lease of a crashed holder."""
    Lock(lock).update([Lock.held_until.set(clock.now() - timedelta(microseconds=1))])


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A separate key file with one key."""
    path = tmp_path / "secrets.key"
    secrets.new_key_file(path)
    monkeypatch.setenv("SECRETS_KEY_FILE", str(path))
    config.forget_settings()
    yield path
    monkeypatch.undo()
    config.forget_settings()
