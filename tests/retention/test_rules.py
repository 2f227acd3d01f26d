"""Every rule that a context declares can be run."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kit import tables
from chalicelib.kit.attributes import DateTimeAttribute, ExpiryAttribute
from chalicelib.kit.lifecycle import Rule
from chalicelib.retention.rules import RULES


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_names_its_table_and_a_moment(rule: Rule) -> None:
    context, table = rule.name.split("/")
    assert rule.table.Meta.table_name == tables.name(context, table)
    assert isinstance(rule.table.get_attributes()[rule.counts], DateTimeAttribute | ExpiryAttribute)
    assert rule.keep >= timedelta(0)


def test_rules_of_several_contexts_do_not_share_a_name() -> None:
    assert all(name == rule.name for name, rule in RULES.items())
    assert {"shops/sessions", "shops/installation_logs"} <= set(RULES)
