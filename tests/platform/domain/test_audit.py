"""The fields of audit entries."""

from __future__ import annotations

import pytest

from chalicelib.platform.domain.audit import Change, changed_fields, is_large, scope_of


def change(before: dict[str, object], after: dict[str, object], *secrets: str) -> Change:
    return Change("s1", "platform.change_database", "database", before, after, frozenset(secrets))


def test_only_fields_that_differ_are_kept() -> None:
    fields = changed_fields(change({"host": "a", "port": 1, "old": True}, {"host": "b", "port": 1, "new": [1]}))
    assert fields == ({"host": "a", "old": True}, {"host": "b", "new": [1]})


def test_a_secret_is_shown_as_changed_on_each_side_that_has_one() -> None:
    fields = changed_fields(change({"host": "a"}, {"host": "a", "password": "hunter2"}, "password"))
    assert fields == (None, {"password": "changed"})
    rotated = change({"password": "hunter2"}, {"password": "hunter3"}, "password")
    assert changed_fields(rotated) == ({"password": "changed"}, {"password": "changed"})
    assert "hunter" not in repr(rotated)


def test_a_secret_that_stays_is_no_change() -> None:
    assert changed_fields(change({"password": "same"}, {"password": "same"}, "password")) == (None, None)


@pytest.mark.parametrize(
    ("subject", "scope"),
    [("store:s1", "s1"), ("shop:a.myshopify.com", "platform"), ("store:", "platform"), ("", "platform")],
)
def test_an_action_on_a_store_belongs_to_the_store(subject: str, scope: str) -> None:
    assert scope_of(subject) == scope


def test_fields_over_four_kilobytes_are_large() -> None:
    assert not is_large({"a": "x" * 4_000})
    assert is_large({"a": "ä" * 2_100})
