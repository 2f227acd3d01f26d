"""Declarations that could not find or erase their rows are rejected, with a text that says why."""

from __future__ import annotations

import pytest

from chalicelib.billing.models import CreditBalance, Customer
from chalicelib.kit.data_policy import TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import (
    ByIndex,
    ByKey,
    ByScan,
    CounterAdjustment,
    Delete,
    ErasureAction,
    KeepWhileShared,
    Lookup,
    OwnerFilter,
    Redact,
    Redaction,
    SubjectQuery,
    ViaTable,
)
from chalicelib.shops.models import InstallationLog, Shop, WebhookDelivery
from chalicelib.studio.models import Quota

NAME = "shops/webhook_deliveries"
BY_SHOP = ByIndex("shop", "{shop}")
REMOVE_PAYLOAD = Redact({"payload": Redaction.REMOVED}, reason="the delivery is counted")


def declare(lookup: Lookup, action: ErasureAction | None = None, owner: OwnerFilter | None = None) -> TablePolicy:
    """Declare one query for webhook deliveries: hash key `delivery_id`, an index by `shop`."""
    query = SubjectQuery(SubjectType.SHOP, lookup, action or Delete(), owner)
    return TablePolicy(NAME, WebhookDelivery, queries=(query,))


@pytest.mark.parametrize(
    "lookup",
    [
        ByKey("delivery_id", "{id}"),
        BY_SHOP,
        ByScan(column="payload", value="{shop}", contains=True, reason="an index of JSON is impossible"),
        ViaTable("shops/shops", ByKey("delivery_id", "{last_delivery}")),
    ],
)
def test_good_lookups(lookup: Lookup) -> None:
    assert declare(lookup).queries[0].lookup == lookup


@pytest.mark.parametrize(
    ("lookup", "fault"),
    [
        (ByKey("shop", "{shop}"), "by key: `shop` is not the hash key"),
        (ByKey("delivery_id", "{id}", range_key="{shop}"), "by key: the table has no range key"),
        (
            ByKey("delivery_id", "{uuid}"),
            "`{uuid}` is unknown: a template over the subject has alias, app, id, shop, subj",
        ),
        (ByIndex("delivery_id", "{id}"), "by index: no index has the hash key `delivery_id`"),
        (ByIndex("received_at", "{id}"), "by index: no index has the hash key `received_at`"),
        (ByScan(column="payload", value="{id}", reason=" "), "by scan: say why neither a key nor an index finds `pay"),
        (ByScan(column="shop", value="{shop}", reason="few rows"), "by scan: `shop` is the hash key of"),
        (ByScan(column="shopp", value="{shop}", reason="few rows"), "no column `shopp` in WebhookDelivery"),
        (ViaTable("shops/shops", ByKey("shop", "{shop}")), "by key: `shop` is not the hash key"),
        (ViaTable("shops/shops", ByKey("delivery_id", "x")), "`x`: a lookup via a table needs a column of that table"),
    ],
)
def test_bad_lookups(lookup: Lookup, fault: str) -> None:
    with pytest.raises(ValueError) as raised:
        declare(lookup)
    assert str(raised.value).startswith(f"{NAME}: {fault}")


@pytest.mark.parametrize(
    ("action", "fault"),
    [
        (Redact({}, reason="the law"), "redact: name the columns, and say why the row is kept"),
        (Redact({"payload": Redaction.REMOVED}, reason=""), "redact: name the columns, and say why the row is kept"),
        (Redact({"topic": Redaction.PSEUDONYM}, reason="the law"), "redact: `topic` is not personal"),
        (Redact({"shop": Redaction.REMOVED}, reason="the law"), "redact: `shop` must not be null"),
        (Redact({"shops": Redaction.REMOVED}, reason="the law"), "no column `shops` in WebhookDelivery"),
        (KeepWhileShared("{shop}", reason="shared", scan_reason="few"), "keep while shared: only a lookup via the"),
        (Delete(CounterAdjustment("bytes", Quota, "{shop}", "current_storage_mb")), "no column `bytes` in WebhookDe"),
        (Delete(CounterAdjustment("", Quota, "{shop_id}", "current_storage_mb")), "no column `shop_id` in WebhookDe"),
        (Delete(CounterAdjustment("", Quota, "{shop}", "storage")), "no column `storage` in Quota"),
        (Delete(CounterAdjustment("", Quota, "{shop}", "leases", exclusion=("state", "x"))), "no column `state` in W"),
    ],
)
def test_bad_actions(action: ErasureAction, fault: str) -> None:
    with pytest.raises(ValueError) as raised:
        declare(BY_SHOP, action)
    assert str(raised.value).startswith(f"{NAME}: {fault}")


@pytest.mark.parametrize(
    ("owner", "fault"),
    [
        (OwnerFilter(), "owner: name a column"),
        (OwnerFilter(unowned=True, json_column="payload"), "owner: `unowned` needs a column that may be empty"),
        (OwnerFilter("customer_id"), "no column `customer_id` in WebhookDelivery"),
    ],
)
def test_bad_owner_filters(owner: OwnerFilter, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        declare(BY_SHOP, owner=owner)


def test_a_key_of_the_table_is_not_redacted() -> None:
    query = SubjectQuery(
        SubjectType.SHOP, ByKey("shop", "{shop}"), Redact({"shop": Redaction.PSEUDONYM}, reason="a log is kept")
    )
    with pytest.raises(ValueError, match="`shop` is a key of the table, which cannot change"):
        TablePolicy("shops/installation_logs", InstallationLog, queries=(query,))


def test_a_pseudonym_is_a_text() -> None:
    query = SubjectQuery(
        SubjectType.MEMBER, ByKey("relationship_id", "{id}"), Redact({"balance": Redaction.PSEUDONYM}, reason="the law")
    )
    with pytest.raises(ValueError, match="`balance` is no text, so it cannot hold a pseudonym"):
        TablePolicy("billing/credit_balances", CreditBalance, queries=(query,))


@pytest.mark.parametrize(
    ("value", "action", "fault"),
    [
        ("{relationship_id}", KeepWhileShared("{owner_id}", reason="", scan_reason="few rows"), "say why the row is"),
        ("{relationship_id}", KeepWhileShared("{owner_id}", reason="shared", scan_reason=""), "say why the row is"),
        ("{a}/{b}", KeepWhileShared("{owner_id}", reason="shared", scan_reason="few"), "`{a}/{b}` is not one column"),
    ],
)
def test_bad_shared_rows(value: str, action: KeepWhileShared, fault: str) -> None:
    query = SubjectQuery(SubjectType.MEMBER, ViaTable("billing/customers", ByKey("relationship_id", value)), action)
    with pytest.raises(ValueError) as raised:
        TablePolicy("billing/credit_balances", CreditBalance, queries=(query,))
    assert f"keep while shared: {fault}" in str(raised.value)


def test_personal_columns_need_a_query_or_a_note() -> None:
    with pytest.raises(ValueError, match="personal columns need a query, or a note that says why there is none"):
        TablePolicy(NAME, WebhookDelivery)
    assert TablePolicy(NAME, WebhookDelivery, note="Deleted after a day.").queries == ()


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ({"name": "shops/deliveries"}, "the table is backroom-test-shops-webhook_deliveries"),
        ({"app": "{application}"}, "no column `application`"),
        ({"object_columns": ("payload", "image_url")}, "no column `image_url`"),
        ({"alias_column": "order_id"}, "no column `order_id`"),
        ({"unique_values": (("event", "app", "shop", "events"),)}, "no column `events`"),
    ],
)
def test_bad_policies(policy: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError) as raised:
        TablePolicy(**{"name": NAME, "table": WebhookDelivery, "note": "x", **policy})  # type: ignore[arg-type]
    assert str(raised.value) == f"{policy.get('name', NAME)}: {fault}"


def test_every_fault_is_reported() -> None:
    queries = (
        SubjectQuery(SubjectType.SHOP, ByKey("app", "{shop}")),
        SubjectQuery(SubjectType.SHOP, ByIndex("email", "{uuid}"), REMOVE_PAYLOAD),
    )
    with pytest.raises(ValueError) as raised:
        TablePolicy("shops/shops", Shop, queries=queries)
    assert str(raised.value).count("; ") == 3
    assert "by key: `app`" in str(raised.value)
    assert "no column `payload` in Shop" in str(raised.value)


def test_the_range_key_of_a_lookup() -> None:
    query = SubjectQuery(SubjectType.MEMBER, ByKey("owner_type", "{subject_type}", range_key="{owner}"))
    with pytest.raises(ValueError, match=r"`\{owner\}` is unknown"):
        TablePolicy("billing/customers", Customer, queries=(query,))
