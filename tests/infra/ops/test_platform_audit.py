"""The command `platform-audit`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.kit import clock
from chalicelib.kit.auth import Account, Role
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.service import audit
from tests.infra.ops.conftest import Ops

Drain = Callable[[], list[Any]]


@pytest.fixture
def entries(drain: Drain) -> None:
    """Changes of a setting by one operator, and of a store by another."""
    audit.publish_change(
        Account(Role.OPERATOR, "olga"), Change("platform", "platform.put_setting", "setting:sign_up", {"is_open": True})
    )
    audit.publish_change(Account(Role.OPERATOR, "otto"), Change("a-store", "platform.cancel_job", "job:1"))
    assert drain() == []


def actions(text: str) -> list[str]:
    return [line.split("\t")[4] for line in text.splitlines()]


def test_entries_of_a_scope_of_an_account_and_of_a_range_of_time(ops: Ops, entries: None) -> None:
    assert actions(ops("platform-audit").out) == ["platform.put_setting"]
    assert actions(ops("platform-audit", "a-store").out) == ["platform.cancel_job"]
    assert actions(ops("platform-audit", "--actor", "otto").out) == ["platform.cancel_job"]
    later = clock.iso(clock.now() + timedelta(minutes=5))
    assert actions(ops("platform-audit", "--from", later).out) == []
    assert actions(ops("platform-audit", "--to", later).out) == ["platform.put_setting"]


def test_json_holds_the_changed_fields(ops: Ops, entries: None) -> None:
    [entry] = json.loads(ops("platform-audit", "--json").out)
    assert (entry["before"], entry["after"]) == ({"is_open": True}, None)


def test_a_scope_that_is_too_long_is_refused(ops: Ops) -> None:
    result = ops("platform-audit", "x" * 65)
    assert result.code == 1
    assert result.err.startswith("backroom: scope: ")
