"""Exports of figures: their files, repetitions, failures and end."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.discounts.enums import CustomerSegment
from chalicelib.discounts.models import FigureExport
from chalicelib.discounts.repository import figure_exports as repository
from chalicelib.discounts.schemas.figure_exports import FigureExportRequested
from chalicelib.discounts.service import figure_exports
from chalicelib.integrations import storage
from chalicelib.kit import clock
from tests.discounts.figure_factories import (
    ago,
    customer,
    product,
    save_all,
    shop_days,
    sku_usage,
    stock_day,
    today,
    usage_day,
)
from tests.discounts.merchants import DiscountShop


def export(discount_shop: DiscountShop, **body: Any) -> dict[str, Any]:
    """Request an export, let its job run, and return the export."""
    response = discount_shop.merchant("POST", "exports", body)
    assert response.status_code == 202, response.text
    assert (response.json()["status"], response.json()["url"]) == ("pending", None)
    assert discount_shop.drain() == []
    read: dict[str, Any] = discount_shop.merchant("GET", f"exports/{response.json()['export_id']}").json()
    return read


def lines_of(read: dict[str, Any]) -> list[dict[str, str]]:
    assert read["status"] == "completed"
    response = httpx2.get(read["url"])
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(response.text)))
    assert read["row_count"] == len(lines)
    return lines


@pytest.fixture
def filled_shop(discount_shop: DiscountShop) -> DiscountShop:
    """A shop with a few rows of every table of figures."""
    shop = discount_shop.shop
    days = [usage_day(shop, ago(number), ("d", "A"), 2) for number in range(50)]
    save_all([*days, *shop_days(shop, days)])
    save_all([sku_usage(shop, "d", "A"), sku_usage(shop, "d", "=cmd|' /C calc'!A0"), sku_usage(shop, "d", '@"x",\n')])
    save_all([product(shop, "A", product_title="+1"), product(shop, "B")])
    save_all([customer(shop, 1, CustomerSegment.VIP), customer(shop, 2, None)])
    save_all(stock_day(shop, sku, ago(number)) for sku in "AB" for number in range(3))
    return discount_shop


def test_every_kind_is_exported(filled_shop: DiscountShop) -> None:
    counts = {
        kind: len(lines_of(export(filled_shop, kind=kind)))
        for kind in ("skus", "days", "products", "customers", "inventory")
    }
    assert counts == {"skus": 3, "days": 30, "products": 2, "customers": 2, "inventory": 6}


def test_days_are_exported(filled_shop: DiscountShop) -> None:
    period = {"from": ago(40).isoformat(), "to": ago(1).isoformat()}
    lines = lines_of(export(filled_shop, kind="skus", **period))
    assert [line["date"] for line in lines] == [ago(number).isoformat() for number in range(1, 41)]
    assert (lines[0]["times_used"], lines[0]["discount_amount"], lines[0]["first_used_at"]) == ("2", "4", "")
    assert len(lines_of(export(filled_shop, kind="inventory", **{"from": today().isoformat()}))) == 2


def test_formulas_are_harmless(filled_shop: DiscountShop) -> None:
    lines = lines_of(export(filled_shop, kind="skus"))
    assert [line["sku"] for line in lines] == ["'=cmd|' /C calc'!A0", '\'@"x",\n', "A"]
    assert lines_of(export(filled_shop, kind="products"))[0]["product_title"] == "'+1"


def test_a_page_ends_no_export(filled_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figure_exports, "_PAGE", 2)
    assert len(lines_of(export(filled_shop, kind="skus", **{"from": ago(99).isoformat()}))) == 50
    assert len(lines_of(export(filled_shop, kind="inventory"))) == 6


def test_a_crash_after_the_file_writes_the_same_file(
    filled_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(repository, "mark_completed", lambda *_: 1 / 0)
        response = filled_shop.merchant("POST", "exports", {"kind": "products"})
        assert len(filled_shop.drain()) == 1
    [row] = FigureExport.query(filled_shop.shop)
    assert row.status == "pending"
    message = FigureExportRequested(shop=row.shop, app="discounts", export_id=row.export_id)
    for _ in range(2):
        figure_exports.write_export(message)
    read = filled_shop.merchant("GET", f"exports/{response.json()['export_id']}").json()
    assert len(lines_of(read)) == 2
    save_all([product(filled_shop.shop, "C")])
    figure_exports.write_export(message)
    assert len(lines_of(read)) == 2, "a completed export is not written again"


def test_an_idempotency_key_makes_one_export(filled_shop: DiscountShop) -> None:
    answers = [
        filled_shop.merchant("POST", "exports", {"kind": "days"}, **{"Idempotency-Key": "k"}).json() for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert FigureExport.count(filled_shop.shop) == 1


def test_an_export_fails_after_an_hour_or_without_its_file(
    filled_shop: DiscountShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = export(filled_shop, kind="customers")
    row = FigureExport.get(filled_shop.shop, read["export_id"])
    storage.delete(row.s3_key)
    lost = filled_shop.merchant("GET", f"exports/{read['export_id']}").json()
    assert (lost["status"], lost["url"]) == ("failed", None)
    pending = filled_shop.merchant("POST", "exports", {"kind": "days"}).json()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=61))
    assert figure_exports.get_export(filled_shop.shop, pending["export_id"]).status == "failed"
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=14))
    assert repository.find(filled_shop.shop, pending["export_id"]) is None


def test_an_export_of_another_shop_is_not_found(filled_shop: DiscountShop) -> None:
    assert filled_shop.merchant("GET", "exports/unknown").json()["code"] == "FigureExportNotFound"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "everything"},
        {"kind": "customers", "from": "2026-01-01"},
        {"kind": "days", "from": "2026-02-01", "to": "2026-01-01"},
        {"kind": "days", "from": "2025-01-01", "to": "2026-03-01"},
        {"kind": "days", "from": "2000-01-01"},
        {"kind": "skus", "from": "2000-01-01"},
        {"kind": "inventory", "from": "2000-01-01"},
        {"kind": "days", "from": "soon"},
        {"kind": "days", "url": "s3://x/y"},
    ],
)
def test_a_wrong_export_is_refused(discount_shop: DiscountShop, body: dict[str, str]) -> None:
    assert discount_shop.merchant("POST", "exports", body).status_code == 422
    assert FigureExport.count(discount_shop.shop) == 0
