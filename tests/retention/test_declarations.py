"""Nothing that is kept lacks a declaration of whose it is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit.data_policy import SubjectQuery, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.messages import STORED
from chalicelib.retention.domain import subject_matching
from chalicelib.retention.repository.subject_rows import BY_SCAN, access_path
from chalicelib.retention.rules import OBJECT_PREFIXES, TABLE_POLICIES
from infra.deploy import data_stack
from infra.deploy.packaging import policies

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("model", data_stack.models(), ids=lambda model: str(model.Meta.table_name))
def test_every_column_of_every_table_is_personal_or_not(model: Any) -> None:
    [holding] = [holding for holding in TABLE_POLICIES.values() if holding.table is model]
    context = model.__module__.split(".")[1]
    assert model.Meta.table_name == f"backroom-test-{holding.name.replace('/', '-', 1)}"
    assert holding.name.startswith(f"{context}/")
    declared = [*holding.personal, *holding.impersonal]
    assert sorted(declared) == sorted(attribute.attr_name for attribute in model.get_attributes().values())


@pytest.mark.parametrize("holding", TABLE_POLICIES.values(), ids=lambda holding: str(holding.name))
def test_personal_columns_can_be_found(holding: TablePolicy) -> None:
    assert not holding.personal or holding.queries or holding.note
    for claim in holding.queries:
        assert not claim.via or subject_matching.queries_for(TABLE_POLICIES[claim.via], claim.subject_type), (
            "it leads from nowhere"
        )
        assert (claim.redactions is None and not claim.other_owner) or claim.keep_reason, "say why it stays"
        columns = {claim.column, *(claim.redactions or {}), *filter(None, [claim.owner and claim.owner.column])}
        assert columns <= {attribute.attr_name for attribute in holding.table.get_attributes().values()}


def _scanned() -> list[Any]:
    return [
        pytest.param(holding, claim, id=f"{holding.name}-{claim.subject_type}-{claim.column}")
        for holding in TABLE_POLICIES.values()
        for claim in holding.queries
        if claim.contains or access_path(holding.table, claim.column) == BY_SCAN
    ]


@pytest.mark.parametrize(("holding", "claim"), _scanned())
def test_every_scan_has_a_reason(holding: TablePolicy, claim: SubjectQuery) -> None:
    assert claim.scan_reason


def test_every_folder_in_the_sources_is_declared() -> None:
    named = {STORED}
    for source in (ROOT / "chalicelib").rglob("*.py"):
        text = source.read_text()
        named |= set(re.findall(r'address\([^"]*f"((?:[a-z]+/)+){', text))
        named |= set(re.findall(r'key = f"((?:[a-z]+/)+){', text))
    named |= {prefix.removesuffix("*") for prefixes in policies.IMAGES.values() for prefix in prefixes}
    assert {"uploads/", "previews/", "finals/", "payloads/shops/", "payloads/billing/"} <= named
    for folder in named:
        assert any(folder.startswith(prefix.rstrip("/")) for prefix in OBJECT_PREFIXES), folder


def test_every_subject_type_has_rows() -> None:
    for who in SubjectType:
        assert [holding.name for holding in TABLE_POLICIES.values() if subject_matching.queries_for(holding, who)]
