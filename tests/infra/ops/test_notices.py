"""Tests of the command that lists and sends due notices."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from infra.local.engine import Engine
from tests.infra.ops.conftest import Ops
from tests.together.mailing import new_notice, subjects
from tests.together.members import new_member


def test_a_dry_run_lists_due_notices_without_content_and_sends_nothing(
    ops: Ops, engine: Engine, drain: Callable[[], list[Any]]
) -> None:
    assert (ops("send-due", "--dry-run").code, ops("send-due", "--dry-run").out) == (0, "[]\n")
    now, user = clock.now(), new_member()
    row = new_notice(user, now)
    new_notice(user, now + timedelta(hours=2), "later")
    [listed] = json.loads(ops("send-due", "--dry-run").out)
    assert listed == {"user_id": user.id, "id": row.id, "due_at": clock.iso(now)}
    assert ops("send-due", "--dry-run", "--csv").out.splitlines()[0] == "user_id,id,due_at"
    assert drain() == []
    assert subjects(engine) == []


def test_due_notices_are_sent_once(ops: Ops, engine: Engine, drain: Callable[[], list[Any]]) -> None:
    user = new_member(preferences={"quiet": {"start": 0, "end": 0}})
    new_notice(user, clock.now())
    for number in (1, 0):
        assert ops("send-due").out == f"{number} due notices sent to together-send_notification\n"
        assert drain() == []
    assert len(subjects(engine)) == 1


@pytest.mark.parametrize("hours", ["0", "745"])
def test_other_hours_are_refused(ops: Ops, hours: str) -> None:
    result = ops("send-due", "--hours", hours)
    assert (result.code, result.out) == (1, "")
    assert "--hours" in result.err
