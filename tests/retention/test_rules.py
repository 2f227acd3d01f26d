"""Every rule that a context declares can be run."""

from __future__ import annotations

import importlib
from datetime import timedelta
from pathlib import Path

import pytest

import chalicelib
from chalicelib.kit import tables
from chalicelib.kit.attributes import DateAttribute, DateTimeAttribute, ExpiryAttribute
from chalicelib.kit.data_policy import RetentionRule
from chalicelib.retention.rules import RULES


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_names_its_table_and_a_time_column(rule: RetentionRule) -> None:
    context, table = rule.name.split("/")
    assert rule.table.Meta.table_name == tables.name(context, table)
    assert isinstance(
        rule.table.get_attributes()[rule.timestamp_column], DateAttribute | DateTimeAttribute | ExpiryAttribute
    )
    assert rule.lifetime >= timedelta(0)


def test_the_rules_of_every_context_are_run() -> None:
    root = Path(chalicelib.__file__).parent
    declared = [
        rule
        for path in root.glob("*/retention.py")
        for rule in importlib.import_module(f"chalicelib.{path.parent.name}.retention").RULES
    ]
    assert sorted(rule.name for rule in declared) == sorted(RULES)
    assert all(name == rule.name for name, rule in RULES.items())
