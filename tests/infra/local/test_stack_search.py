"""The demo finds a stack that runs, and waits for one that `make run` is starting."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.local.demo import stack_search
from infra.local.demo.stack_search import find_stack
from infra.local.environment import Plan, plan
from infra.local.stack import running_file
from tests.end_to_end.conftest import free_ports


@pytest.fixture
def local_plan(tmp_path: Path) -> Plan:
    return plan({"PORT": str(free_ports(9)), "LOCAL_STATE_DIR": str(tmp_path)}, tmp_path / "no.env")


@pytest.fixture
def soon() -> Callable[[Callable[[], object]], None]:
    """Runs a function in half a second."""

    def run(action: Callable[[], object]) -> None:
        threading.Timer(0.5, action).start()

    return run


def test_nothing_on_the_ports_is_no_stack(local_plan: Plan) -> None:
    assert not find_stack(local_plan)


def test_it_waits_for_a_stack_that_is_starting(
    local_plan: Plan, soon: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    announcement = json.dumps({"pid": os.getpid()})
    with socket.create_server(("127.0.0.1", local_plan.aws_port)):
        soon(lambda: running_file(local_plan).write_text(announcement))
        assert find_stack(local_plan)
    output = capsys.readouterr().out
    assert output.count(f"Port {local_plan.aws_port} is in use; waiting") == 1


def test_a_start_that_ends_leaves_no_stack(local_plan: Plan, soon: Callable[..., None]) -> None:
    server = socket.create_server(("127.0.0.1", local_plan.aws_port))
    soon(server.close)
    assert not find_stack(local_plan)


def test_a_port_that_stays_in_use_explains_the_remedy(local_plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_search, "START_SECONDS", 0.2)
    with (
        socket.create_server(("127.0.0.1", local_plan.port)),
        pytest.raises(ValueError, match=rf"port {local_plan.port} is in use.*PORT={local_plan.port + 1000}"),
    ):
        find_stack(local_plan)
