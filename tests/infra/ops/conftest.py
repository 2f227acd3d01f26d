"""The command line, in this process and in one of its own."""

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
from tests.patience import eventually

Start = Callable[..., subprocess.Popen[str]]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Ops = Callable[..., Done]


@pytest.fixture
def ops(capsys: pytest.CaptureFixture[str]) -> Ops:
    """Runs a command."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        code = main(arguments)
        output = capsys.readouterr()
        return Done(code, output.out, output.err)

    return run


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a command in a process of its own; `pauses` names a call at which it stays (tests.infra.ops.paused_command)."""
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
    """Wait until a resumable command has its first page behind it."""

    def has_mark() -> bool:
        assert process.poll() is None, process.communicate()
        return bool(locks.watermark(lock))

    eventually(has_mark, "a page is done")


def hold(lock: str) -> None:
    """Let a dead holder keep its lock, however slow the test is."""
    row = Lock.get(lock)
    assert row.held_until is not None
    row.update([Lock.held_until.set(clock.now() + timedelta(hours=1))])


def lapse(lock: str) -> None:
    """Let a dead holder's time run out."""
    Lock(lock).update([Lock.held_until.set(clock.now() - timedelta(microseconds=1))])


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key file of one's own, with one key."""
    path = tmp_path / "secrets.key"
    secrets.new_key_file(path)
    monkeypatch.setenv("SECRETS_KEY_FILE", str(path))
    config.forget_settings()
    yield path
    monkeypatch.undo()
    config.forget_settings()
