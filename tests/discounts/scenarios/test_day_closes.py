"""The close of a shop's day: which shops are due, what it repairs, and what a failing step leaves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.discounts.domain.local_days import MAX_MISSED_DAYS
from chalicelib.discounts.models import DailyDiscountStats, Discount, UsageJournal
from chalicelib.discounts.repository import shop_days
from chalicelib.discounts.schemas.publication import ShopDayEnded
from chalicelib.discounts.service import day_closes, due_shops, reconciliation
from chalicelib.kit import aws, clock, messages
from chalicelib.shops.models import Shop
from chalicelib.shops.service import ShopLocale, find_locale
from infra.bench.round_trips import metered
from infra.sandbox.shopify import ShopifySandbox
from tests.discounts.merchants import DiscountShop, Drain, Json

DAY = date(2026, 6, 1)
MIDNIGHT = datetime(2026, 6, 2, 4, tzinfo=UTC)
"""The end of DAY in New York."""
HOUR = timedelta(hours=1)


class Hand:
    """A clock that the test moves."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    """Our clock, at noon of DAY in New York."""
    moved = Hand(datetime(2026, 6, 1, 16, tzinfo=UTC))
    monkeypatch.setattr(clock, "now", moved.now)
    return moved


def sent_days() -> list[tuple[str, date]]:
    """Return and remove the messages to the worker of days."""
    url, found = messages.queue_url("discounts-close_day"), []
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in batch:
            message = ShopDayEnded.model_validate_json(each["Body"])
            found.append((message.shop, message.day))
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return found


def head(shop: str = "quiet.myshopify.com", *, live_discounts: int) -> str:
    """Store the head of a shop that is due at MIDNIGHT (UTC: the shop is unknown)."""
    UsageJournal(shop, due_in=shop_days.due_key(shop, MIDNIGHT), live_discounts=live_discounts).save()
    return shop


def due_in(shop: str) -> str | None:
    return UsageJournal.get(shop, consistent_read=True).due_in


def test_a_shop_is_sent_once_after_its_local_midnight(hand: Hand) -> None:
    shops = {zone: f"{zone[:4].lower()}.myshopify.com" for zone in ("America/New_York", "Asia/Kolkata")}
    for zone, shop in shops.items():
        at = hand.moment
        Shop(shop, "discounts", iana_timezone=zone, installed_at=at, created_at=at, updated_at=at).save()
        due_shops.expect_close(shop)
    due_shops.send_due_shops(MIDNIGHT - timedelta(seconds=1), MIDNIGHT - 10 * HOUR)
    assert sent_days() == [(shops["Asia/Kolkata"], DAY)]  # since 18:30 UTC, by the full hour
    hand.moment = MIDNIGHT
    for _ in range(2):
        due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    assert sent_days() == [(shops["America/New_York"], DAY)]
    next_day = shop_days.due_key(shops["America/New_York"], MIDNIGHT + timedelta(days=1))
    assert due_in(shops["America/New_York"]) == next_day


def test_missed_hours_are_caught_up(hand: Hand) -> None:
    shop = head(live_discounts=1)
    late = MIDNIGHT + timedelta(hours=9)
    due_shops.send_due_shops(late, MIDNIGHT - HOUR)
    assert sent_days() == [(shop, DAY)]
    assert due_in(shop) == shop_days.due_key(shop, datetime(2026, 6, 3, tzinfo=UTC))


def test_missed_days_are_closed_in_their_order(hand: Hand, drain: Drain, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, closed = head(live_discounts=1), []
    monkeypatch.setattr(day_closes, "DAY_STEPS", (lambda shop, day: closed.append((day, "whole")),))
    monkeypatch.setattr(day_closes, "MISSED_DAY_STEPS", (lambda shop, day: closed.append((day, "missed")),))
    due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    hand.moment = MIDNIGHT + timedelta(days=4, hours=9)
    for _ in range(2):
        due_shops.send_due_shops(hand.moment, MIDNIGHT)
    assert drain() == []
    days = [DAY + timedelta(days=number) for number in range(5)]
    assert closed == [(DAY, "whole"), *((day, "missed") for day in days[1:-1]), (days[-1], "whole")]
    assert due_in(shop) == shop_days.due_key(shop, datetime(2026, 6, 7, tzinfo=UTC))


def test_an_outage_of_months_closes_the_last_days(hand: Hand) -> None:
    shop = head(live_discounts=1)
    UsageJournal(shop).update([UsageJournal.closed_day.set(DAY - timedelta(days=500))])
    due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    assert sent_days() == [(shop, DAY - timedelta(days=MAX_MISSED_DAYS))]


def test_a_failed_step_is_retried_before_the_next_day(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    message = ShopDayEnded(shop="a.myshopify.com", app="discounts", day=DAY, last_day=DAY + timedelta(days=1))
    with monkeypatch.context() as patch:
        patch.setattr(day_closes, "MISSED_DAY_STEPS", (lambda shop, day: 1 / 0,))
        with pytest.raises(ZeroDivisionError):
            day_closes.close_shop_day(message)
    assert sent_days() == []
    day_closes.close_shop_day(message)
    assert sent_days() == [("a.myshopify.com", DAY + timedelta(days=1))]


def test_a_day_that_is_deferred_over_midnight_is_closed(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = head(live_discounts=1)
    UsageJournal(shop).update([UsageJournal.closed_day.set(DAY - timedelta(days=1))])
    hand.moment = MIDNIGHT
    with monkeypatch.context() as patch:
        patch.setattr(due_shops, "find_locale", lambda shop, app: 1 / 0)
        for _ in range(30):
            due_shops.send_due_shops(hand.moment, hand.moment - HOUR)
            hand.moment += HOUR
    due_shops.send_due_shops(hand.moment, hand.moment - HOUR)
    assert sent_days() == [(shop, DAY)]


def test_the_days_of_a_shop_at_rest_are_not_missed(hand: Hand) -> None:
    shop = head(live_discounts=0)
    due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    assert (sent_days(), due_in(shop)) == ([(shop, DAY)], None)
    hand.moment = MIDNIGHT + timedelta(days=40, hours=1)
    due_shops.expect_close(shop)
    hand.moment += timedelta(days=1)
    due_shops.send_due_shops(hand.moment, hand.moment - timedelta(days=1))
    assert sent_days() == [(shop, DAY + timedelta(days=41))]


def test_a_shop_rests_30_days_after_its_last_activity(hand: Hand) -> None:
    shop = head(live_discounts=1)
    day, last_active = DAY, DAY + timedelta(days=2)
    DailyDiscountStats(shop, last_active, currency="USD", expires_epoch=MIDNIGHT).save()
    UsageJournal(shop).update([UsageJournal.live_discounts.set(0)])
    closed = []
    hand.moment = MIDNIGHT
    for _ in range(60):
        due_shops.send_due_shops(hand.moment, hand.moment - HOUR)
        closed += [day for _, day in sent_days()]
        hand.moment += timedelta(days=1) if hand.moment.hour == 0 else timedelta(hours=20)
    assert due_in(shop) is None
    assert closed[-1] == last_active + timedelta(days=30)
    assert closed == [day + timedelta(days=number) for number in range(len(closed))]


def test_a_failing_shop_ends_no_others(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    shops = [head(f"shop-{number}.myshopify.com", live_discounts=1) for number in range(3)]

    def fail_for_one(shop: str, app: str) -> ShopLocale:
        if shop == shops[1]:
            raise RuntimeError
        return find_locale(shop, app)

    with monkeypatch.context() as patch:
        patch.setattr(due_shops, "find_locale", fail_for_one)
        due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    assert {shop for shop, _ in sent_days()} == {shops[0], shops[2]}
    due_shops.send_due_shops(MIDNIGHT + HOUR, MIDNIGHT)
    assert [shop for shop, _ in sent_days()] == [shops[1]]


def test_a_watch_keeps_a_shop_due_and_an_order_wakes_it(
    discount_shop: DiscountShop, shopify: ShopifySandbox, hand: Hand
) -> None:
    shop = head(live_discounts=0)
    UsageJournal(shop).update([UsageJournal.watches.set(1)])
    due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    assert due_in(shop) is not None
    UsageJournal(discount_shop.shop).update([UsageJournal.due_in.remove()])
    order = shopify.paid_order(discount_shop.shop, [{"variant_id": 1, "product_id": 1, "quantity": 1, "price": "9.00"}])
    assert shopify.deliver("discounts", discount_shop.shop, "orders/paid", order).ok
    assert discount_shop.drain() == []
    assert due_in(discount_shop.shop) is not None


@pytest.mark.parametrize("count", [10, 1_000])
def test_shops_at_rest_cost_nothing(hand: Hand, count: int) -> None:
    with UsageJournal.batch_write() as batch:
        for number in range(count):
            batch.save(UsageJournal(f"rest-{number}.myshopify.com", sequence=7))
    with metered() as meter:
        due_shops.send_due_shops(MIDNIGHT, MIDNIGHT - HOUR)
    assert (meter.cost.write_units, meter.cost.sends) == (0, 0)
    assert meter.cost.reads == 4 * shop_days.SHARDS  # the hour, and three before it


def test_steps_are_independent(monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []

    def fail(shop: str, day: date) -> None:
        run.append("failed")
        raise RuntimeError

    steps = (fail, lambda shop, day: run.append(f"{shop} {day}"))
    monkeypatch.setattr(day_closes, "DAY_STEPS", steps)
    with pytest.raises(RuntimeError):
        day_closes.close_shop_day(ShopDayEnded(shop="a", app="discounts", day=DAY))
    assert run == ["failed", "a 2026-06-01"]


def reconciled(shop: DiscountShop) -> list[Json]:
    """Compare the shop's nodes and let the repairs run; return the nodes."""
    reconciliation.reconcile_discounts(shop.shop, DAY)
    assert shop.drain() == []
    return shop.shopify.discounts(shop.shop)


def test_differences_at_shopify_are_repaired(discount_shop: DiscountShop) -> None:
    shop = discount_shop
    added = [shop.add(title=f"Title {number}") for number in range(4)]
    shop.drain()
    before = {node["title"]: node for node in shop.shopify.discounts(shop.shop)}
    foreign = shop.shopify.add_foreign_discount(shop.shop, "Foreign")
    shop.shopify.change_discount(before["Title 0"]["id"])
    shop.shopify.change_discount(before["Title 1"]["id"], title="Another", endsAt="2020-01-01T00:00:00.000000Z")
    shop.shopify.change_discount(before["Title 2"]["id"], metafields=before["Title 3"]["metafields"])
    Discount(shop.shop, added[3]["discount_id"]).update([Discount.shopify_node_id.set(before["Title 3"]["id"])])
    nodes = reconciled(shop)
    titles = sorted(node["title"] for node in nodes)
    assert titles == ["Foreign", "Title 0", "Title 1", "Title 2", "Title 3"]
    assert {node["id"]: node["title"] for node in nodes}[foreign] == "Foreign"
    with metered() as meter:
        reconciliation.reconcile_discounts(shop.shop, DAY)
    assert (meter.cost.write_units, meter.cost.sends) == (0, 0)


def test_orphans_are_deleted(discount_shop: DiscountShop) -> None:
    shop = discount_shop
    discount = shop.add()
    shop.drain()
    row = Discount.get(shop.shop, discount["discount_id"])
    shop.remove(discount)
    row.refresh()
    row.update([Discount.shopify_node_id.remove()])
    for each in messages_of_publication():
        assert each
    assert reconciled(shop) == []


def messages_of_publication() -> list[str]:
    """Return and remove the messages to the worker of publications, as a crash would lose them."""
    url, bodies = messages.queue_url("discounts-publish_discount"), []
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for each in batch:
            bodies.append(each["Body"])
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return bodies


def test_failed_and_lost_publications_are_repaired(discount_shop: DiscountShop) -> None:
    shop = discount_shop
    foreign = shop.shopify.add_foreign_discount(shop.shop, "Taken")
    failed = shop.add(title="Taken")
    shop.drain()
    assert shop.get(failed["discount_id"])["publication"] == "failed"
    lost = shop.add(title="Lost")
    assert len(messages_of_publication()) == 1
    shop.shopify.change_discount(foreign)
    assert sorted(node["title"] for node in reconciled(shop)) == ["Lost", "Taken"]
    assert {shop.get(each["discount_id"])["publication"] for each in (failed, lost)} == {"published"}


@pytest.mark.parametrize("status", [402, 423])
def test_a_shop_that_is_unavailable_or_gone_is_left(
    discount_shop: DiscountShop, shopify: ShopifySandbox, status: int
) -> None:
    shopify.fail_next(1, status)
    reconciliation.reconcile_discounts(discount_shop.shop, DAY)
    shopify.uninstall("discounts", discount_shop.shop)
    discount_shop.drain()
    reconciliation.reconcile_discounts(discount_shop.shop, DAY)
    assert due_in(discount_shop.shop) is None


def test_the_schedule_and_its_worker_close_a_day(discount_shop: DiscountShop, shopify: ShopifySandbox) -> None:
    discount = discount_shop.add()
    discount_shop.drain()
    [node] = shopify.discounts(discount_shop.shop)
    shopify.change_discount(node["id"], title="Another")
    now = clock.now()
    UsageJournal(discount_shop.shop).update(
        [UsageJournal.due_in.set(shop_days.due_key(discount_shop.shop, now - HOUR))]
    )
    due_shops.send_due_shops(now, now - HOUR)
    assert discount_shop.drain() == []
    assert [node["title"] for node in shopify.discounts(discount_shop.shop)] == [discount["title"]]
