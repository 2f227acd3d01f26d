"""Reports by e-mail: when, to which address, once, and without figures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.discounts.models import FigureExport
from chalicelib.discounts.service import reports
from chalicelib.integrations import email
from chalicelib.integrations.email import Email
from chalicelib.kit import clock, config, unique_values
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import UniqueValue
from infra.local.engine import Engine
from infra.sandbox.shopify import SANDBOX_APPS
from tests.discounts.merchants import DiscountShop

SUNDAY, MONTH_END = date(2026, 11, 29), date(2026, 11, 30)


def set_rhythm(shop: DiscountShop, rhythm: object) -> None:
    token = shop.shopify.session_token("discounts", shop.shop)
    headers = {"Authorization": f"Bearer {token}"}
    tag = shop.api.get("/v1/shops/me/settings", headers=headers).headers["etag"]
    body = {"settings": {"report": rhythm}}
    response = shop.api.put("/v1/shops/me/settings", json=body, headers={**headers, "If-Match": tag})
    assert response.status_code == 200, response.text


def set_address(shop: DiscountShop, address: str | None) -> None:
    row = shop.row
    row.email = address
    row.save()


def close_days(shop: DiscountShop) -> None:
    """Run the step for a week's and a month's end, twice each."""
    for day in (SUNDAY, SUNDAY, MONTH_END, MONTH_END):
        reports.send_due_report(shop.shop, day)


@pytest.mark.parametrize(
    ("rhythm", "first", "last"),
    [("weekly", "2026-11-23", "2026-11-29"), ("monthly", "2026-11-01", "2026-11-30")],
)
def test_a_report_is_exported_and_its_link_sent_once(
    discount_shop: DiscountShop, engine: Engine, rhythm: str, first: str, last: str
) -> None:
    set_rhythm(discount_shop, rhythm)
    set_address(discount_shop, "owner@shop.com")
    close_days(discount_shop)
    [sent] = engine.sent_emails()
    store = discount_shop.shop.partition(".")[0]
    url = f"https://admin.shopify.com/store/{store}/apps/{SANDBOX_APPS['discounts'].key}"
    assert sent["To"] == ["owner@shop.com"]
    assert sent["Subject"] == f"Discount report {first} to {last}"
    assert [word for word in sent["BodyText"].split() if "://" in word] == [url]
    assert [row.guard for row in UniqueValue.scan() if discount_shop.shop in row.guard] == []
    [export] = FigureExport.query(discount_shop.shop)
    assert (export.kind, export.asked["from"], export.asked["to"]) == ("days", first, last)
    assert discount_shop.drain() == []
    exported = discount_shop.merchant("GET", f"exports/{export.export_id}").json()
    assert exported["status"] == "completed"


@pytest.mark.parametrize("rhythm", ["off", "daily", None, 7, ["weekly"]])
def test_without_a_rhythm_nothing_is_sent(discount_shop: DiscountShop, engine: Engine, rhythm: object) -> None:
    set_rhythm(discount_shop, rhythm)
    set_address(discount_shop, "owner@shop.com")
    close_days(discount_shop)
    assert engine.sent_emails() == []
    assert list(FigureExport.query(discount_shop.shop)) == []


def test_a_shop_without_an_address_or_without_the_app_gets_nothing(discount_shop: DiscountShop, engine: Engine) -> None:
    set_rhythm(discount_shop, "weekly")
    set_address(discount_shop, None)
    reports.send_due_report(discount_shop.shop, SUNDAY)
    set_address(discount_shop, "owner@shop.com")
    row = discount_shop.row
    row.is_active = False
    row.save()
    reports.send_due_report(discount_shop.shop, SUNDAY)
    reports.send_due_report("unknown.myshopify.com", SUNDAY)
    assert engine.sent_emails() == []


def test_a_refused_address_is_not_tried_again(discount_shop: DiscountShop, engine: Engine) -> None:
    set_rhythm(discount_shop, "weekly")
    set_address(discount_shop, "größe@shop.com")
    for _ in range(2):
        reports.send_due_report(discount_shop.shop, SUNDAY)
    assert engine.sent_emails() == []
    assert len(list(FigureExport.query(discount_shop.shop))) == 1


def test_without_a_sender_there_is_no_report(
    discount_shop: DiscountShop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rhythm(discount_shop, "weekly")
    set_address(discount_shop, "owner@shop.com")
    with monkeypatch.context() as unset:
        unset.delenv("MAIL_FROM")
        config.forget_settings()
        reports.send_due_report(discount_shop.shop, SUNDAY)
    config.forget_settings()
    assert engine.sent_emails() == []


def test_an_e_mail_that_fails_is_sent_when_the_day_is_closed_again(
    discount_shop: DiscountShop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rhythm(discount_shop, "weekly")
    set_address(discount_shop, "owner@shop.com")
    with monkeypatch.context() as broken:
        broken.setattr(email, "send", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            reports.send_due_report(discount_shop.shop, SUNDAY)
    reports.send_due_report(discount_shop.shop, SUNDAY)
    assert len(engine.sent_emails()) == 1


def test_two_workers_send_one_e_mail(
    discount_shop: DiscountShop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rhythm(discount_shop, "weekly")
    set_address(discount_shop, "owner@shop.com")
    send = email.send

    def send_beside_another(message: Email) -> str | None:
        with pytest.raises(Unavailable):
            reports.send_due_report(discount_shop.shop, SUNDAY)
        return send(message)

    monkeypatch.setattr(email, "send", send_beside_another)
    reports.send_due_report(discount_shop.shop, SUNDAY)
    reports.send_due_report(discount_shop.shop, SUNDAY)
    assert len(engine.sent_emails()) == len(list(FigureExport.query(discount_shop.shop))) == 1
    assert [row.guard for row in UniqueValue.scan() if "sending" in row.guard] == []


def test_a_worker_that_crashed_before_the_e_mail_blocks_it_for_a_moment(
    discount_shop: DiscountShop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_rhythm(discount_shop, "weekly")
    set_address(discount_shop, "owner@shop.com")
    with monkeypatch.context() as killed:
        killed.setattr(email, "send", lambda _: 1 / 0)
        killed.setattr(unique_values, "release", lambda *_: None)
        with pytest.raises(ZeroDivisionError):
            reports.send_due_report(discount_shop.shop, SUNDAY)
    with pytest.raises(Unavailable):
        reports.send_due_report(discount_shop.shop, SUNDAY)
    later = clock.now() + reports.LEASE + timedelta(seconds=2)  # expiry is stored in whole seconds
    monkeypatch.setattr(clock, "now", lambda: later)
    for _ in range(2):
        reports.send_due_report(discount_shop.shop, SUNDAY)
    assert len(engine.sent_emails()) == 1
