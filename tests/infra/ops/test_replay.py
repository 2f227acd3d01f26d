"""Replaying recorded deliveries from the command line."""

from __future__ import annotations

import getpass
import json
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.kit import clock, config, locks
from chalicelib.kit.models import Lock
from chalicelib.shops.models import DeliveryStatus, WebhookDelivery
from infra.ops.replay import LOCK
from infra.sandbox.shopify import ShopifySandbox
from tests.infra.ops.conftest import Ops, Start, expire_lease, extend_lease, wait_for_first_page
from tests.shops.conftest import listen

__all__ = ["listen"]

Listen = Callable[[str], Callable[[], list[dict[str, Any]]]]

RECEIVED = datetime(2026, 3, 1, tzinfo=UTC)
NOTE = "a-private-note"


def store_deliveries(shopify: ShopifySandbox, count: int, **columns: Any) -> list[str]:
    """Store deliveries of paid orders; `changed` overrides columns."""
    ids = [f"{columns.get('topic', 'orders/paid')}-{columns.get('status', 'received')}-{n:04}" for n in range(count)]
    facts: dict[str, Any] = {
        "shop": "a.myshopify.com",
        "app": "studio",
        "topic": "orders/paid",
        "status": DeliveryStatus.RECEIVED,
        "received_at": RECEIVED,
        "triggered_at": RECEIVED,
        "payload": shopify.paid_order("a.myshopify.com", []) | {"note": NOTE},
        "expires_epoch": clock.now() + timedelta(days=30),
    } | columns
    with WebhookDelivery.batch_write() as batch:
        for delivery_id in ids:
            batch.save(WebhookDelivery(delivery_id, **facts))
    return ids


def replayed_ids(out: str) -> list[str]:
    return [line.split("\t")[0] for line in out.splitlines()]


def test_deliveries_are_replayed_by_id(ops: Ops, shopify: ShopifySandbox, listen: Listen) -> None:
    read_messages, acts = listen("shops-order_paid"), listen("kit-operator_acted")
    first, second, _ = store_deliveries(shopify, 3)
    result = ops("replay", first, "unknown", second)
    assert (result.code, result.out) == (1, f"{first}\treceived\n{second}\treceived\n")
    assert "unknown: No delivery with this id in 30 days" in result.err
    assert sorted(message["message_id"] for message in read_messages()) == [first, second]
    actions = [(act["actor"], act["action"], act["subject"]) for act in acts()]
    assert sorted(actions) == [(f"cli:{getpass.getuser()}", "shops.replay_delivery", each) for each in (first, second)]


def test_deliveries_are_replayed_by_filter(ops: Ops, shopify: ShopifySandbox, listen: Listen) -> None:
    store_deliveries(shopify, 150)
    store_deliveries(shopify, 2, topic="orders/cancelled", status=DeliveryStatus.FAILED)
    store_deliveries(shopify, 1, topic="orders/cancelled", status=DeliveryStatus.PROCESSED)
    failed = store_deliveries(shopify, 3, status=DeliveryStatus.FAILED, error_message="it was")
    elsewhere = store_deliveries(
        shopify, 1, topic="refunds/create", shop="b.myshopify.com", status=DeliveryStatus.FAILED
    )
    read_messages = listen("shops-order_paid")
    listing = ops("replay", "--status", "failed", "--dry-run")
    assert len(listing.out.splitlines()) == 6
    assert read_messages() == []
    result = ops("replay", "--status", "failed", "--topic", "orders/paid")
    assert (result.code, sorted(replayed_ids(result.out))) == (0, failed)
    assert "3 replayed, 0 failed" in result.err
    assert sorted(message["message_id"] for message in read_messages()) == failed
    assert {WebhookDelivery.get(each).status for each in failed} == {DeliveryStatus.RECEIVED}
    assert replayed_ids(ops("replay", "--shop", "b.myshopify.com", "--dry-run").out) == elsewhere
    assert not locks.watermark(LOCK)


def test_the_since_filter_is_a_time(ops: Ops, shopify: ShopifySandbox) -> None:
    store_deliveries(shopify, 2)
    [late_id] = store_deliveries(shopify, 1, topic="orders/cancelled", received_at=RECEIVED + timedelta(hours=1))
    assert replayed_ids(ops("replay", "--since", "2026-03-01T01:00:00Z", "--dry-run").out) == [late_id]
    assert len(replayed_ids(ops("replay", "--since", "2026-03-01T00:00:00Z", "--dry-run").out)) == 3
    with pytest.raises(SystemExit):
        ops("replay", "--since", "2026-03-01T01:00:00", "--dry-run")


@pytest.mark.parametrize("arguments", [[], ["--dry-run"], ["x", "--status", "failed"]])
def test_replay_without_a_filter_is_refused(ops: Ops, arguments: list[str]) -> None:
    result = ops("replay", *arguments)
    assert result.code == 1
    assert "--status" in result.err


def test_replay_prints_no_personal_data(ops: Ops, shopify: ShopifySandbox) -> None:
    first, *_ = store_deliveries(shopify, 3)
    for result in (ops("replay", first), ops("replay", first, "--dry-run"), ops("replay", "--topic", "orders/paid")):
        assert NOTE not in result.out + result.err


def test_a_delivery_without_a_payload_does_not_stop_the_others(ops: Ops, shopify: ShopifySandbox) -> None:
    store_deliveries(shopify, 2)
    [unreadable_id] = store_deliveries(
        shopify,
        1,
        topic="orders/cancelled",
        payload={"stored_at": f"s3://{config.settings().images_bucket}/payloads/shops/x"},
    )
    result = ops("replay", "--shop", "a.myshopify.com")
    assert result.code == 1
    assert len(replayed_ids(result.out)) == 2
    assert f"{unreadable_id}: " in result.err
    assert "2 replayed, 1 failed" in result.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_or_killed_command_resumes_at_its_checkpoint(
    ops: Ops, shopify: ShopifySandbox, start: Start, listen: Listen, number: int, code: int
) -> None:
    read_messages, ids = listen("shops-order_paid"), store_deliveries(shopify, 220)
    process = start("replay", "--topic", "orders/paid", pauses="Publish 250")
    wait_for_first_page(process, LOCK)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == code
    assert len(replayed_ids(out)) < 220
    if number == signal.SIGKILL:
        extend_lease(LOCK)
        assert "another run is in progress" in ops("replay", "--topic", "orders/paid").err
        expire_lease(LOCK)
    else:
        assert "The same command resumes from here" in err
        assert Lock.get(LOCK).held_until is None
    assert "--topic orders/paid was stopped" in ops("replay", "--status", "received").err
    checkpoint = json.loads(locks.watermark(LOCK) or "")
    assert checkpoint["counts"]["rows"] >= 100
    result = ops("replay", "--topic", "orders/paid")
    assert result.code == 0
    assert f"Resuming after {checkpoint['counts']['rows']:,} deliveries" in result.err
    assert len(replayed_ids(result.out)) == 220 - checkpoint["counts"]["rows"]
    assert {message["message_id"] for message in read_messages()} == set(ids)
    assert "220 replayed, 0 failed" in result.err


def test_an_invalid_delivery_is_reported(ops: Ops, shopify: ShopifySandbox) -> None:
    [unreadable] = store_deliveries(shopify, 1, payload={"id": NOTE}, status=DeliveryStatus.FAILED)
    result = ops("replay", unreadable)
    assert (result.code, result.out) == (1, f"{unreadable}\tfailed\n")
    assert NOTE not in result.err


def test_replay_restarts_on_request(ops: Ops, shopify: ShopifySandbox, start: Start) -> None:
    store_deliveries(shopify, 220)
    process = start("replay", "--topic", "orders/paid", pauses="Publish 250")
    wait_for_first_page(process, LOCK)
    process.send_signal(signal.SIGINT)
    process.communicate()
    result = ops("replay", "--status", "received", "--restart")
    assert (result.code, len(replayed_ids(result.out))) == (0, 220)
