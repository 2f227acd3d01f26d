"""Retention rules of the shops context."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit.data_policy import ExpiryAction
from chalicelib.shops.retention import RULES


def test_each_rule_uses_a_time_column_of_its_table() -> None:
    for rule in RULES:
        assert rule.timestamp_column in rule.table.get_attributes()
        assert rule.table.Meta.table_name.endswith(rule.name.replace("/", "-"))


def test_logs_are_archived_and_sessions_expire() -> None:
    rules = {rule.name: (rule.lifetime, rule.action) for rule in RULES}
    assert rules == {
        "shops/sessions": (timedelta(0), ExpiryAction.DELETE),
        "shops/installation_logs": (timedelta(days=730), ExpiryAction.ARCHIVE),
    }
