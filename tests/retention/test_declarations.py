"""Every column says whether it is personal, and every personal row and folder can be found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from chalicelib.kit import table_schema
from chalicelib.kit.data_policy import TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.lakes import PersonDays
from chalicelib.kit.payloads import STORED
from chalicelib.kit.subject_queries import KeepWhileShared, SubjectQuery, ViaTable, placeholders
from chalicelib.platform.models import ProvisioningJob, Transfer
from chalicelib.retention.domain import row_ownership
from chalicelib.retention.rules import LAKES, OBJECT_PREFIXES, TABLE_POLICIES
from chalicelib.shops.models import InstallationLog, Shop
from infra.deploy import data_stack
from infra.deploy.packaging import bucket_statements
from tests.retention.lakes import SAMPLE

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("model", data_stack.models(), ids=lambda model: str(model.Meta.table_name))
def test_every_table_has_one_policy_of_its_context(model: Any) -> None:
    [policy] = [policy for policy in TABLE_POLICIES.values() if policy.table is model]
    assert policy.name.startswith(f"{model.__module__.split('.')[1]}/")
    assert model.Meta.table_name == f"backroom-test-{policy.name.replace('/', '-', 1)}"


@pytest.mark.parametrize("model", data_stack.models(), ids=lambda model: str(model.Meta.table_name))
def test_every_column_says_whether_it_is_personal(model: Any) -> None:
    columns = table_schema.columns(model)
    assert set(columns) == {attribute.attr_name for attribute in model.get_attributes().values()}
    assert {type(attribute.personal) for attribute in columns.values()} == {bool}


@pytest.mark.parametrize("model", data_stack.models(), ids=lambda model: str(model.Meta.table_name))
def test_the_keys_of_an_index_agree_with_the_table(model: Any) -> None:
    columns = table_schema.columns(model)
    for index in model._indexes.values():
        for key in index.Meta.attributes.values():
            assert (key.attr_name, key.personal) == (key.attr_name, columns[key.attr_name].personal)


def _queries_via_tables() -> list[Any]:
    return [
        pytest.param(query, query.lookup, id=f"{policy.name}-{query.subject_type}-{query.lookup.table}")
        for policy in TABLE_POLICIES.values()
        for query in policy.queries
        if isinstance(query.lookup, ViaTable)
    ]


@pytest.mark.parametrize(("query", "via"), _queries_via_tables())
def test_a_lookup_via_a_table_finds_the_subject_there(query: SubjectQuery, via: ViaTable) -> None:
    parent = TABLE_POLICIES[via.table]
    assert row_ownership.direct_lookups(parent, query.subject_type), "the subject has no rows in that table"
    names = placeholders(via.lookup.value)
    if isinstance(query.action, KeepWhileShared):
        names |= placeholders(query.action.other_owner)
    assert names <= set(table_schema.columns(parent.table))


@pytest.mark.parametrize("policy", TABLE_POLICIES.values(), ids=lambda policy: str(policy.name))
def test_only_personal_columns_identify_a_subject(policy: TablePolicy) -> None:
    """An owner filter compares columns with the subject's id, so they are personal."""
    owners = [query.owner for query in policy.queries if query.owner]
    names = {
        name
        for owner in owners
        for name in (owner.column, owner.other_column, owner.alias_column, owner.json_column)
        if name
    }
    assert names <= set(table_schema.personal_columns(policy.table))


def test_every_folder_in_the_sources_is_declared() -> None:
    named = {STORED}
    for source in (ROOT / "chalicelib").rglob("*.py"):
        text = source.read_text()
        named |= set(re.findall(r'address\([^"]*f"((?:[a-z]+/)+){', text))
        named |= set(re.findall(r'key = f"((?:[a-z]+/)+){', text))
    named |= {prefix.removesuffix("*") for prefixes in bucket_statements.IMAGES.values() for prefix in prefixes}
    assert {"uploads/", "photos/", "pictures/", "previews/", "finals/", "payloads/shops/", "payloads/billing/"} <= named
    for folder in named:
        assert any(folder.startswith(prefix.rstrip("/")) for prefix in OBJECT_PREFIXES), folder


def test_objects_of_a_lake_change_their_storage_class_and_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LAKES, SAMPLE.name, SAMPLE)
    properties = data_stack.template()["Resources"]["ArchiveBucket"]["Properties"]
    [rule] = [each for each in properties["LifecycleConfiguration"]["Rules"] if each["Prefix"] == SAMPLE.folder]
    assert rule == {
        "Id": "sample-events",
        "Status": "Enabled",
        "Prefix": "lake/sample/events/",
        "Transitions": [
            {"StorageClass": "STANDARD_IA", "TransitionInDays": 90},
            {"StorageClass": "GLACIER_IR", "TransitionInDays": 365},
        ],
        "ExpirationInDays": 731,
    }


@pytest.mark.parametrize(
    "fault",
    [
        {"days": PersonDays(InstallationLog, "{id}")},
        {"days": PersonDays(Shop, "{tenant}#{id}#{app}")},
        {"persons": {SubjectType.MEMBER: "member:{id}"}},
    ],
)
def test_a_faulty_lake_is_rejected(fault: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=SAMPLE.name):
        replace(SAMPLE, **fault)


@pytest.mark.parametrize("tenant", ["shop:roses.myshopify.com:studio", "store:a/b%2F", "together", "a=b/day=1"])
def test_a_tenant_is_one_part_of_a_key(tenant: str) -> None:
    folder = SAMPLE.day_folder(tenant, "2026-11-01")
    assert folder.count("/") == SAMPLE.folder.count("/") + 2
    assert unquote(folder.split("/")[-3]) == f"tenant={tenant}"


def test_every_subject_type_has_rows() -> None:
    for subject_type in SubjectType:
        policies_with_rows = [
            policy.name for policy in TABLE_POLICIES.values() if row_ownership.queries_for(policy, subject_type)
        ]
        assert policies_with_rows


def expiring_folders(bucket: str) -> dict[str, int]:
    """Return the days after which a bucket deletes the objects below each prefix."""
    rules = data_stack.template()["Resources"][bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    return {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}


@pytest.mark.parametrize("folder", ["certificates/", "audit-values/"])
def test_what_a_row_needs_for_years_is_not_deleted_by_the_bucket(folder: str) -> None:
    assert folder in OBJECT_PREFIXES
    assert not [prefix for prefix in expiring_folders("ImagesBucket") if folder.startswith(prefix)]


@pytest.mark.parametrize(
    ("bucket", "folder", "model"),
    [("ImagesBucket", "transfers/", Transfer), ("ImagesBucket", "job-reports/", ProvisioningJob)],
)
def test_files_end_with_their_rows(bucket: str, folder: str, model: Any) -> None:
    days = expiring_folders(bucket)[folder]
    assert model.KEEP.days <= days <= model.KEEP.days + 1


def test_backups_end_after_thirty_days() -> None:
    assert expiring_folders("ArchiveBucket")["backups/"] == 30


@pytest.mark.parametrize("bucket", ["ImagesBucket", "ArchiveBucket"])
def test_a_bucket_deletes_the_parts_of_an_upload_that_a_crashed_worker_left(bucket: str) -> None:
    rules = data_stack.template()["Resources"][bucket]["Properties"]["LifecycleConfiguration"]["Rules"]
    [rule] = [each for each in rules if "AbortIncompleteMultipartUpload" in each]
    assert (rule["Status"], rule["Prefix"]) == ("Enabled", "")
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
