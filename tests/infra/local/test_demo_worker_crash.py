"""The demo kills the workers of one handler of its own stack, and no other process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.deploy.handlers import Handler
from infra.local.demo.worker_crash import kill_workers, worker_processes
from infra.local.environment import Plan, plan
from infra.local.stack import running_file
from infra.local.worker import Worker

ENTRY = "tests.infra.local.sample_handlers"


@pytest.fixture
def stack_of(tmp_path: Path) -> Callable[[int], Plan]:
    """Return the plan of a stack that runs in the process with this id."""

    def announce(pid: int) -> Plan:
        announced = plan({"LOCAL_STATE_DIR": str(tmp_path)}, tmp_path / "no.env")
        running_file(announced).write_text(json.dumps({"pid": pid}))
        return announced

    return announce


@pytest.fixture
def workers() -> Iterator[dict[str, Worker]]:
    """Workers of two handlers, each with a running process."""
    started = {name: Worker(Handler(name, f"{ENTRY}.{name}", timeout=30, memory=256)) for name in ("echo", "fail")}
    for worker in started.values():
        worker._running()
    yield started
    for worker in started.values():
        worker.stop()


def test_the_workers_of_one_handler_are_killed_and_a_new_one_answers(
    stack_of: Callable[[int], Plan], workers: dict[str, Worker]
) -> None:
    killed, other = workers["echo"].pid, workers["fail"].pid
    assert kill_workers(stack_of(os.getpid()), f"{ENTRY}.echo") == [killed]
    answer = _echo_after_crash(workers["echo"])
    assert answer != killed
    assert workers["fail"].pid == other


def test_workers_of_another_stack_are_not_found(stack_of: Callable[[int], Plan], workers: dict[str, Worker]) -> None:
    assert worker_processes(stack_of(os.getppid()), f"{ENTRY}.echo") == []


def _echo_after_crash(worker: Worker) -> int:
    """Return the process id of the worker that answers after the killed one was seen as ended."""
    assert worker._process is not None
    worker._process.wait()
    return int(worker.invoke({})["pid"])
