"""Removal of rows: a member deletes their own ones of an ended relationship, or is erased."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import aws
from chalicelib.retention.models import PrivacyKind
from chalicelib.retention.service import erasure, privacy_requests
from chalicelib.together.enums import RelationshipStatus
from chalicelib.together.models import Achievement, Activity, ImportantDate, Membership, Relationship, SharedGoal, User
from chalicelib.together.schemas.messages import RowsDeleted
from chalicelib.together.service.deletions import delete_rows
from chalicelib.together.service.endings import end_relationship
from chalicelib.together.service.pauses import pause_relationship
from infra.deploy import data_stack
from tests.retention.crash import Crash, crash_at
from tests.retention.service.test_erasure import OPERATOR, erase
from tests.together.conftest import As
from tests.together.kinds import JOINT, OWN, SCORED, add_rows, count_rows
from tests.together.members import new_couple

Drain = Callable[[], list[Any]]


@pytest.fixture
def no_older_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let erasures start their next round at once: no worker runs that began before the tombstones."""
    monkeypatch.setattr(erasure, "MAX_WORKER_TIME", timedelta(0))


def _former_couple() -> tuple[User, User, str]:
    """Return two members who had every kind of row, paused and ended, and the id of their relationship."""
    ada, ben = new_couple()
    joint = str(ada.relationship_id)
    for slot, user in ((1, ada), (2, ben)):
        add_rows(user, joint, slot)
    pause_relationship(ada)
    end_relationship(ada)
    return ada, ben, joint


def _delete(user: User, relationship_id: str) -> None:
    delete_rows(RowsDeleted(user_id=user.id, relationship_id=relationship_id))


def _rows_that_name(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Return every row of together that contains the text."""
    client = aws.client("dynamodb")
    names = [model.Meta.table_name for model in data_stack.models() if ".together." in model.__module__]
    items = [(name, item) for name in names for item in client.scan(TableName=name)["Items"]]
    return [(name, item) for name, item in items if text in str(item)]


def _counts(relationship_id: str) -> list[int]:
    return [count_rows(model, relationship_id) for model in (*OWN, *JOINT, Achievement, *SCORED)]


def test_deletion_removes_ones_own_rows_and_keeps_the_joint_ones(acting: As, drain: Drain) -> None:
    ada, ben, joint = _former_couple()
    assert acting(ada).call("DELETE", f"relationships/{joint}").status_code == 202
    assert drain() == []
    assert _counts(joint) == [1, 1, 2, 2, 2, 2, 2, 0]
    assert [(table, item) for table, item in _rows_that_name(ada.id) if joint in str(item)] == []
    assert acting(ada).call("GET", f"relationships/{joint}").status_code == 404
    assert acting(ben).call("GET", f"relationships/{joint}").status_code == 200
    assert sorted(row.satisfaction_user_2 or 0 for row in Activity.query(joint)) == [0, 8]
    assert [row.satisfaction_user_1 for row in Activity.query(joint)] == [None, None]
    assert {row.created_by for row in ImportantDate.query(joint)} > {ben.id}


def test_joint_rows_go_when_both_have_deleted(drain: Drain) -> None:
    ada, ben, joint = _former_couple()
    _delete(ada, joint)
    _delete(ben, joint)
    assert _counts(joint) == [0] * 8
    assert [row for table, row in _rows_that_name(joint) if "notifications" not in table] == []


def test_a_deletion_that_is_killed_at_any_call_continues() -> None:
    for step in itertools.count(1):
        ada, ben, joint = _former_couple()
        _delete(ben, joint)
        with suppress(Crash):
            with crash_at(step, "before-call"):
                _delete(ada, joint)
            break
        _delete(ada, joint)
        assert _counts(joint) == [0] * 8
        assert _rows_that_name(joint) == []
    assert step > 10


def test_a_deletion_of_an_open_relationship_is_ignored() -> None:
    ada, _ = new_couple()
    add_rows(ada, str(ada.relationship_id), 1)
    before = _counts(str(ada.relationship_id))
    _delete(ada, str(ada.relationship_id))
    assert _counts(str(ada.relationship_id)) == before


@pytest.mark.usefixtures("no_older_worker")
def test_erasing_one_leaves_the_joint_rows_whole_and_nameless(drain: Drain) -> None:
    ada, ben, joint = _former_couple()
    erase(f"member:{ada.id}", drain)
    assert [row for _, row in _rows_that_name(ada.id)] == []
    assert _counts(joint) == [1, 1, 2, 2, 2, 2, 2, 0]
    assert {row.title for row in SharedGoal.query(joint)} == {"Learn to sail"}
    row = Relationship.get(joint)
    assert (row.status, row.user_2_id) == (RelationshipStatus.ENDED, ben.id)
    assert len(row.pauses) == 1
    assert Membership.get(ben.id, joint).as_user_2 == joint


@pytest.mark.usefixtures("no_older_worker")
@pytest.mark.parametrize("is_concurrent", [True, False])
def test_erasing_both_leaves_nothing(drain: Drain, is_concurrent: bool) -> None:
    ada, ben, joint = _former_couple()
    for user in (ada, ben):
        privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, f"member:{user.id}")
        if not is_concurrent:
            assert drain() == []
    assert drain() == []
    for text in (ada.id, ben.id, joint):
        assert [row for _, row in _rows_that_name(text)] == []


@pytest.mark.usefixtures("no_older_worker")
def test_erasing_one_after_the_other_has_deleted_leaves_nothing(drain: Drain) -> None:
    ada, ben, joint = _former_couple()
    _delete(ada, joint)
    erase(f"member:{ben.id}", drain)
    assert [row for _, row in _rows_that_name(joint)] == []
