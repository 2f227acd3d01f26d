"""The local stack restarts its engine after a crash."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from infra.local.engine_keeper import EngineKeeper
from tests.infra.local.test_engine import client, create_table, stored_ids_of
from tests.timeouts import LIMIT, eventually


def test_a_killed_engine_runs_again_with_its_saved_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    provisioned = threading.Event()
    fails = [RuntimeError("not yet")]

    def provision() -> None:
        if fails:
            raise fails.pop()
        provisioned.set()

    with EngineKeeper(tmp_path, 0, provision) as keeper:
        first = keeper.engine
        create_table(first).put_item(TableName="shops", Item={"id": {"S": "saved"}})
        first.checkpoint()
        assert not provisioned.is_set()
        first.process.send_signal(signal.SIGKILL)
        assert provisioned.wait(LIMIT)
        second = keeper.engine
        assert (second.endpoint_url, second.process.pid != first.process.pid) == (first.endpoint_url, True)
        assert stored_ids_of(second) == {"saved"}
        assert client(second, "sqs").list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
        eventually(lambda: "is restarted" in capsys.readouterr().err)
    assert keeper.engine.process.returncode == 0
