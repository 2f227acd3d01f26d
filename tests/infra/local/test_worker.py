"""A handler runs in its own process, as in Lambda."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from infra.deploy.handlers import Handler
from infra.local.worker import HandlerFailed, Worker

Start = Callable[..., Worker]


@pytest.fixture
def start() -> Iterator[Start]:
    workers: list[Worker] = []

    def run(function: str, timeout: int = 30) -> Worker:
        entry = f"tests.infra.local.sample_handlers.{function}"
        workers.append(Worker(Handler(name=f"sample-{function}", entry=entry, timeout=timeout, memory=256)))
        return workers[-1]

    yield run
    for worker in workers:
        worker.stop()


def test_a_worker_responds_and_keeps_its_process(start: Start) -> None:
    worker = start("echo")
    first, second = worker.invoke({"n": 1}), worker.invoke({"n": 2})
    assert first["event"] == {"n": 1}
    assert second["event"] == {"n": 2}
    assert first["pid"] == second["pid"] == worker.pid


def test_a_retired_worker_handles_its_next_event_in_a_new_process(start: Start) -> None:
    worker = start("echo")
    first = worker.invoke({})
    worker.retire()
    assert worker.pid == first["pid"]  # an event in progress would be completed
    second, third = worker.invoke({}), worker.invoke({})
    assert first["pid"] != second["pid"] == third["pid"]


def test_a_worker_imports_its_handler_without_the_app(start: Start) -> None:
    modules = start("echo").invoke({})["modules"]
    assert "tests.infra.local.sample_handlers" in modules
    assert "chalicelib.studio.jobs" not in modules


def test_an_error_is_reported_by_its_type_only(start: Start) -> None:
    worker = start("fail")
    with pytest.raises(HandlerFailed, match="ValueError") as caught:
        worker.invoke({})
    assert "shpat_" not in str(caught.value)
    with pytest.raises(HandlerFailed):
        worker.invoke({})


def test_a_worker_is_killed_at_its_timeout_and_restarted(start: Start) -> None:
    worker = start("hang", timeout=1)
    with pytest.raises(HandlerFailed, match="over 1 s"):
        worker.invoke({})
    assert worker.pid is None


def test_two_threads_may_stop_a_worker(start: Start) -> None:
    """The pump stops it, and the thread whose event was interrupted does, between any two steps of the other."""
    worker = start("echo")
    worker.invoke({})
    process = worker._process
    assert process is not None
    wait = process.wait

    def wait_while_the_other_stops() -> int:
        process.wait = wait  # type: ignore[method-assign]
        worker.stop()
        return wait()

    process.wait = wait_while_the_other_stops  # type: ignore[method-assign,assignment]
    worker.stop()
    assert worker.pid is None


def test_a_crashed_process_is_a_failure(start: Start) -> None:
    with pytest.raises(HandlerFailed, match="died"):
        start("die").invoke({})
