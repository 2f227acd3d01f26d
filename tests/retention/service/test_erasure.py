"""Erased means gone: from every table, both buckets and the archive, and nobody else's is touched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import (
    CreditBalance,
    CreditEntry,
    Customer,
    Gift,
    PaymentTransaction,
    Refund,
    Subscription,
)
from chalicelib.kit import clock, ids, tombstones
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.data_subjects import SubjectType, pseudonym
from chalicelib.kit.subject_queries import KeepWhileShared
from chalicelib.retention.domain import row_ownership
from chalicelib.retention.models import PrivacyKind, PrivacyRequest, PrivacyStatus
from chalicelib.retention.rules import TABLE_POLICIES
from chalicelib.retention.schemas import PrivacyRequestRead
from chalicelib.retention.service import erasure, privacy_requests
from chalicelib.shops.models import Shop, ShopDomain
from chalicelib.shops.schemas.messages import PrivacyRequested, PrivacyTopic
from chalicelib.studio.models import Quota
from infra.local.engine import Engine
from tests.retention.conftest import DUE, fire_sweep
from tests.retention.factories import (
    Items,
    files,
    items,
    row,
    seed_account,
    seed_customer,
    seed_owner,
    seed_shop,
    seed_the_rest,
    traces,
)

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]
Sweep = Callable[..., None]

OPERATOR = Account(Role.OPERATOR, "op")
WRITTEN = (
    "backroom-test-platform-audit_logs",  # the operator's request
    "backroom-test-retention-privacy_requests",
    "backroom-test-kit-tombstones",
    "backroom-test-retention-archives",  # tell of files as they are now
    "backroom-test-studio-quotas",  # count bytes that are given back
)


WORLD = "erasure-world"
"""A snapshot of the engine."""
_world: dict[str, str] = {}


@pytest.fixture
def world(engine: Engine, sweep: Sweep) -> dict[str, str]:
    """Three shops with three customers each, three members and three stores; some logs are archived already.

    They are created once and restored from the engine's snapshot.
    """
    if not _world:
        _world.update(_create_world(sweep))
        engine.snapshot(WORLD)
    engine.restore(WORLD)
    return dict(_world)


def _create_world(sweep: Sweep) -> dict[str, str]:
    seed_the_rest()
    subjects = {}
    for n in range(3):
        shop = subjects[f"shop{n}"] = seed_shop(f"mark-shop{n}")
        for m in range(3):
            customer, _ = seed_customer(f"mark-buyer{n}{m}", shop, 900_000_000 + 10 * n + m)
            subjects[f"buyer{n}{m}"] = f"{shop}:{customer}"
        subjects[f"member{n}"] = seed_owner(f"mark-member{n}", OwnerType.MEMBER)
        subjects[f"store{n}"] = seed_owner(f"mark-store{n}", OwnerType.STORE)
        subjects[f"owner{n}"] = seed_account(f"mark-owner{n}")
    for n in range(3):
        row(Shop, f"mark-shop{n}", shop=subjects[f"shop{n}"], app="discounts", is_active=False)
    later_domain = "mark-shop1-later.myshopify.com"
    row(ShopDomain, "mark-shop1", domain=later_domain, shop=subjects["shop1"], app="studio")
    sweep()
    return subjects


def erase(subject: str, drain: Drain) -> PrivacyRequestRead:
    """Have a subject erased, to its end."""
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject)
    assert drain() == []
    read = privacy_requests.read_request(request.id)
    assert read.status is PrivacyStatus.COMPLETED
    return read


def without(found: Items, *marks: str) -> Items:
    """The rows that bear none of the marks, but for those that an erasure writes itself."""
    return {
        place: item
        for place, item in found.items()
        if place[0] not in WRITTEN and not any(mark in f"{place} {item}" for mark in marks)
    }


def unmarked(found: dict[str, bytes], *marks: str) -> dict[str, bytes]:
    return {url: data for url, data in found.items() if not any(mark.encode() in url.encode() + data for mark in marks)}


@pytest.mark.parametrize(
    ("subject", "who", "marks"),
    [
        ("shop:mark-shop1.myshopify.com", SubjectType.SHOP, ["mark-shop1", "mark-buyer1"]),
        (
            "customer:mark-shop1.myshopify.com:gid://shopify/Customer/900000011",
            SubjectType.CUSTOMER,
            ["mark-buyer11", "900000011"],
        ),
        ("member:mark-member1-id", SubjectType.MEMBER, ["mark-member1"]),
        ("store:mark-store1-id", SubjectType.STORE, ["mark-store1"]),
        ("owner:mark-owner1-id", SubjectType.OWNER, ["mark-owner1"]),
    ],
)
def test_an_erasure_removes_one_subject_and_keeps_the_others(
    world: dict[str, str],
    drain: Drain,
    caplog: pytest.LogCaptureFixture,
    subject: str,
    who: SubjectType,
    marks: list[str],
) -> None:
    before, stored = items(), files()
    assert list(traces(*marks))
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        read = erase(subject, drain)
    assert list(traces(*marks)) == []
    assert not [record for record in caplog.records if any(mark in str(vars(record)) for mark in marks)]

    kept = items()
    for place, item in without(before, *marks).items():
        assert kept[place] == item, "somebody else's row was touched"
    assert unmarked(files()) == unmarked(stored, *marks)

    assert read.report is not None
    visited = {
        policy.name
        for policy in TABLE_POLICIES.values()
        if any(not isinstance(query.action, KeepWhileShared) for query in row_ownership.queries_for(policy, who))
    }
    assert {name for name in read.report["erased"] if name in TABLE_POLICIES} == visited
    assert read.subject == pseudonym(subject)


def test_an_erasure_reduces_the_used_storage(world: dict[str, str], drain: Drain) -> None:
    erase(f"customer:{world['buyer00']}", drain)
    assert Quota.get(world["shop0"]).current_storage_mb == Decimal(100 - 7)


def test_payments_stay_under_a_pseudonym(world: dict[str, str], drain: Drain) -> None:
    [before] = [each for each in PaymentTransaction.scan() if each.owner_id == world["member0"]]
    erase("member:mark-member0-id", drain)
    mark = pseudonym("member:mark-member0-id")
    after = PaymentTransaction.get(before.id)
    assert (after.owner, after.owner_id, after.version) == (f"member/{mark}", mark, before.version + 1)
    assert (after.amount, after.created_at, after.stripe_invoice_id) == (
        before.amount,
        before.created_at,
        before.stripe_invoice_id,
    )
    assert after.description is after.invoice_url is None
    [refund] = [each for each in Refund.scan() if each.payment_transaction_id == before.id]
    assert (refund.user_id, refund.reason) == (mark, None)


def test_a_refund_is_kept_for_seven_years_and_found_without_its_payment(
    world: dict[str, str], sweep: Sweep, drain: Drain
) -> None:
    [payment] = [each for each in PaymentTransaction.scan() if each.owner_id == world["member0"]]
    [refund] = [each for each in Refund.scan() if each.payment_transaction_id == payment.id]
    over = DUE - PaymentTransaction.KEEP
    payment.update([PaymentTransaction.created_at.set(over)])
    refund.update([Refund.requested_at.set(over + timedelta(days=30))])
    sweep(DUE + timedelta(days=1))
    assert PaymentTransaction.count(payment.id) == 0
    erase("member:mark-member0-id", drain)
    mark = pseudonym("member:mark-member0-id")
    left: set[tuple[str, str | None]] = {(each.user_id, each.reason) for each in Refund.scan() if each.id == refund.id}
    assert left == {(mark, None)}
    sweep(DUE + timedelta(days=31))
    assert Refund.count(refund.id) == 0


def test_shared_rows_are_kept_without_the_subjects_data(world: dict[str, str], drain: Drain) -> None:
    erase("member:mark-member0-id", drain)
    mark = pseudonym("member:mark-member0-id")
    assert {gift.recipient_email for gift in Gift.scan() if gift.buyer_id == mark} == {"else@example.com"}
    assert {gift.recipient_email for gift in Gift.scan() if gift.recipient_id == mark} == {mark}
    assert {each.owner_id for each in Subscription.scan() if each.gifted_by == mark} == {"other"}


def test_a_gift_is_found_by_address_in_any_case(drain: Drain) -> None:
    """Gifts keep addresses in small letters, customers as they were told."""
    row(Customer, "mark-one", owner_type=OwnerType.MEMBER, owner_id="mark-one-id", email="One@Example.com")
    row(Gift, "gift", buyer_id="somebody", recipient_email="one@example.com", recipient_id=None)
    erase("member:mark-one-id", drain)
    assert [gift.recipient_email for gift in Gift.scan()] == [pseudonym("member:mark-one-id")]


def test_a_couples_credits_are_kept_until_both_are_erased(drain: Drain) -> None:
    couple = ids.new()
    for mark in ("mark-one", "mark-two"):
        seed_owner(mark, OwnerType.MEMBER, relationship=couple)
    row(CreditBalance, "both", relationship_id=couple)
    row(CreditEntry, "both", relationship_id=couple)
    before = CreditBalance.get(couple).attribute_values
    erase("member:mark-one-id", drain)
    assert CreditBalance.get(couple).attribute_values == before
    erase("member:mark-two-id", drain)
    assert (list(CreditBalance.scan()), list(CreditEntry.query(couple))) == ([], [])


def test_a_guest_is_found_by_order(world: dict[str, str], drain: Drain) -> None:
    shop = world["shop0"]
    _, order = seed_customer("mark-guest", shop, 777_000_001, is_guest=True)
    seed_customer("mark-visitor", shop, 777_000_002, is_guest=True)
    before = without(items(), "mark-guest", "shop0")
    privacy_requests.accept_request(asked(PrivacyTopic.CUSTOMER_REDACT, shop, order_ids=[order]))
    assert drain() == []
    left = [trace for trace in traces("mark-guest") if "kit-idempotency" not in trace]
    assert left == []
    assert list(traces("mark-visitor"))
    assert {place: item for place, item in items().items() if place in before} == before
    assert tombstones.is_erased(f"order:{shop}:{order}")


def asked(topic: PrivacyTopic, shop: str, app: str = "studio", **given: Any) -> PrivacyRequested:
    return PrivacyRequested(shop=shop, app=app, request=topic, triggered_at=clock.now(), **given)


def test_each_app_of_a_shop_is_erased_separately(world: dict[str, str], drain: Drain) -> None:
    """What another app has of the shop stays, and is heard; the last one takes the rest."""
    shop = world["shop0"]
    privacy_requests.accept_request(asked(PrivacyTopic.SHOP_REDACT, shop, app="discounts"))
    assert drain() == []
    assert [each.app for each in Shop.query(shop)] == ["studio"]
    assert Quota.count(shop) == 1
    assert tombstones.is_erased(f"shop:{shop}:discounts")
    assert not tombstones.is_erased(f"shop:{shop}:studio")
    privacy_requests.accept_request(asked(PrivacyTopic.SHOP_REDACT, shop))
    assert drain() == []
    assert list(traces("mark-shop0")) == []


def test_a_shop_that_reinstalls_during_the_erasure_is_skipped(world: dict[str, str], drain: Drain) -> None:
    shop = world["shop0"]
    privacy_requests.accept_request(asked(PrivacyTopic.SHOP_REDACT, shop))
    tombstones.add(f"shop:{shop}:studio")
    Shop.get(shop, "studio").update([Shop.installed_at.set(clock.now())])
    before = without(items())
    assert drain() == []
    assert without(items()) == before
    [request] = PrivacyRequest.scan(PrivacyRequest.origin == "shopify/studio/shop/redact")
    assert (request.status, request.report["came_back"]) == (PrivacyStatus.COMPLETED, ["studio"])
    assert not tombstones.is_erased(f"shop:{shop}:studio"), "it is heard again"


@pytest.mark.parametrize("is_shopifys", [True, False], ids=["shopify", "operator"])
def test_a_session_token_stops_an_erasure_of_shopifys_only(
    world: dict[str, str], drain: Drain, is_shopifys: bool
) -> None:
    """The merchant is at work: Shopify's request is about a removal before; an operator's is about the shop itself."""
    shop = world["shop0"]
    Shop.get(shop, "studio").update([Shop.session_issued_at.set(clock.now())])
    if is_shopifys:
        privacy_requests.accept_request(asked(PrivacyTopic.SHOP_REDACT, shop))
        assert drain() == []
        [request] = PrivacyRequest.scan(PrivacyRequest.origin == "shopify/studio/shop/redact")
        assert request.report["came_back"] == ["studio"]
        assert Shop.get(shop, "studio").is_active
    else:
        erase(f"shop:{shop}", drain)
        assert list(Shop.query(shop)) == []


def test_every_name_of_an_erased_owner_has_a_tombstone(world: dict[str, str], drain: Drain) -> None:
    erase("member:mark-member0-id", drain)
    assert tombstones.is_erased("member:mark-member0-id")
    assert tombstones.is_erased("stripe:cus_mark-member0")
    assert not tombstones.is_erased("stripe:cus_mark-member1", "member:mark-member1-id")


def test_a_repeated_erasure_changes_nothing(world: dict[str, str], drain: Drain) -> None:
    first = erase("member:mark-member0-id", drain)
    before, stored = without(items()), files()
    second = erase("member:mark-member0-id", drain)
    assert (without(items()), files()) == (before, stored)
    assert second.report == {"erased": {}, "rounds": 1, "came_back": []}
    assert first.subject == second.subject


def test_an_erasure_waits_for_a_running_sweep(world: dict[str, str], drain: Drain) -> None:
    fire_sweep(DUE + timedelta(days=1))  # its workers have not begun
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, "shop:mark-shop0.myshopify.com")
    erasure.erase_subject(request.id)
    assert privacy_requests.read_request(request.id).status is PrivacyStatus.RUNNING
    assert drain() == []  # the sweep is done now
    erasure.erase_subject(request.id)
    assert privacy_requests.read_request(request.id).status is PrivacyStatus.COMPLETED
    assert list(traces("mark-shop0")) == []
