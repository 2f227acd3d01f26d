"""Competitors' pages: watched over HTTP, read from a real TLS server that stands at public addresses."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from chalicelib.discounts.models import CompetitorPrice, CompetitorWatch, UsageJournal
from chalicelib.discounts.schemas.competitors import CompetitorCheckDue
from chalicelib.discounts.service import competitor_checks
from chalicelib.kit import clock, messages
from tests.discounts.conftest import NewShop
from tests.discounts.merchants import DiscountShop
from tests.integrations.test_web_pages import HOST, OTHER, Names, names
from tests.integrations.tls_server import Website, tls_website

__all__ = ["names"]
URL = f"https://{HOST}/products/mug"
TODAY = clock.parse("2026-11-29T00:00:00Z").date()


@pytest.fixture
def website(names: Names, monkeypatch: pytest.MonkeyPatch) -> Iterator[Website]:
    """A competitor's shop with one product."""
    competitor_checks.forget_robots()
    with tls_website(HOST, OTHER) as running:
        monkeypatch.setattr(competitor_checks, "NETWORK", running.network())
        running.page("/robots.txt", b"User-agent: *\nDisallow: /cart", "text/plain")
        offer(running, "12.50")
        yield running


def offer(website: Website, price: str, currency: str = "USD") -> None:
    product = {"@type": "Product", "offers": {"@type": "Offer", "price": price, "priceCurrency": currency}}
    website.page("/products/mug", f'<script type="application/ld+json">{json.dumps(product)}</script>'.encode())


def watch(shop: DiscountShop, url: str = URL, sku: str = "MUG-1") -> dict[str, object]:
    response = shop.merchant("POST", "competitors", {"sku": sku, "competitor": "Rival", "url": url})
    assert response.status_code == 201, response.text
    body: dict[str, object] = response.json()
    return body


def shown(shop: DiscountShop) -> dict[str, object]:
    [item] = shop.merchant("GET", "competitors").json()["items"]
    found: dict[str, object] = item
    return found


def test_a_watched_page_is_read_at_once(discount_shop: DiscountShop, website: Website) -> None:
    added = watch(discount_shop)
    assert (added["status"], added["latest"]) == ("no_price", None)
    assert discount_shop.drain() == []
    item = shown(discount_shop)
    assert (item["status"], item["failures"], item["is_comparable"]) == ("ok", 0, True)
    latest = item["latest"]
    assert isinstance(latest, dict)
    assert (latest["price"], latest["currency"]) == ("12.5", "USD")
    detail = discount_shop.merchant("GET", f"competitors/{added['watch_id']}").json()
    assert detail["prices"] == [latest]
    assert {path for _, path in website.requests} == {"/robots.txt", "/products/mug"}
    head = UsageJournal.get(discount_shop.shop)
    assert (head.watches, head.due_in is not None) == (1, True)


def test_a_price_in_another_currency_is_shown_but_not_compared(discount_shop: DiscountShop, website: Website) -> None:
    offer(website, "9.00", "EUR")
    watch(discount_shop)
    discount_shop.drain()
    assert shown(discount_shop)["is_comparable"] is False


def test_a_page_is_read_again_at_the_close_of_each_day(
    discount_shop: DiscountShop, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = watch(discount_shop)
    discount_shop.drain()
    offer(website, "11.00")
    later = clock.now() + timedelta(days=1)
    with monkeypatch.context() as time:
        time.setattr(clock, "now", lambda: later)
        competitor_checks.send_due_checks(discount_shop.shop, TODAY)
        assert discount_shop.drain() == []
    prices = discount_shop.merchant("GET", f"competitors/{added['watch_id']}").json()["prices"]
    assert [price["price"] for price in prices] == ["11", "12.5"]


@pytest.mark.parametrize(("hours", "count"), [(1, 0), (25, 1)])
def test_a_repeated_close_sends_no_check_again(
    discount_shop: DiscountShop, website: Website, monkeypatch: pytest.MonkeyPatch, hours: int, count: int
) -> None:
    """A page that was checked since the shop's midnight is due after the next one only."""
    added = watch(discount_shop)
    noon = clock.now().replace(hour=12)
    key = CompetitorWatch(discount_shop.shop, str(added["watch_id"]))
    key.update([CompetitorWatch.last_checked_at.set(noon - timedelta(hours=hours))])
    sent: list[CompetitorCheckDue] = []
    monkeypatch.setattr(messages, "publish_many", sent.extend)
    monkeypatch.setattr(clock, "now", lambda: noon)
    competitor_checks.send_due_checks(discount_shop.shop, TODAY)
    assert len(sent) == count


def test_a_repeated_message_reads_the_page_once(discount_shop: DiscountShop, website: Website) -> None:
    added = watch(discount_shop)
    discount_shop.drain()
    row = CompetitorWatch.get(discount_shop.shop, str(added["watch_id"]))
    message = CompetitorCheckDue(shop=row.shop, watch_id=row.watch_id, occurred_at=row.created_at)
    for _ in range(3):
        messages.publish(message)
    assert discount_shop.drain() == []
    assert len(website.requests) == 2
    assert len(list(CompetitorPrice.query(f"{row.shop}#MUG-1"))) == 1


def test_a_website_has_one_visit_in_ten_seconds(discount_shop: DiscountShop, website: Website, monkeypatch) -> None:
    """The second page waits in the queue for its turn."""
    sent: list[tuple[CompetitorCheckDue, int]] = []
    real = messages.publish

    def publish(message: CompetitorCheckDue, delay_seconds: int = 0) -> None:
        sent.append((message, delay_seconds))
        real(message)

    monkeypatch.setattr(messages, "publish", publish)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    first, second = (watch(discount_shop, f"{URL}?n={n}") for n in range(2))
    for added in (first, second):
        competitor_checks.check_competitor(CompetitorCheckDue(shop=discount_shop.shop, watch_id=str(added["watch_id"])))
    [(message, delay)] = [each for each in sent if each[0].turn_at is not None]
    assert message.watch_id == second["watch_id"]
    assert 9 <= delay <= 11
    assert [path for _, path in website.requests if path != "/robots.txt"] == ["/products/mug?n=0"]
    monkeypatch.setattr(clock, "now", lambda: message.turn_at)
    competitor_checks.check_competitor(message)
    assert [path for _, path in website.requests][-1] == "/products/mug?n=1"


@pytest.mark.parametrize(
    "url",
    ["http://rival-shop.com/", "https://localhost/", "https://127.0.0.1/", "https://rival-shop.com:8443/",
     "https://user@rival-shop.com/", "https://169.254.169.254/latest/meta-data/", "https://[::1]/", "shop"],
)  # fmt: skip
def test_an_address_that_shows_itself_forbidden_is_refused_at_once(discount_shop: DiscountShop, url: str) -> None:
    response = discount_shop.merchant("POST", "competitors", {"sku": "A", "competitor": "Rival", "url": url})
    assert (response.status_code, response.json()["code"]) == (422, "ForbiddenAddress")
    assert discount_shop.merchant("GET", "competitors").json()["items"] == []


def test_a_name_at_a_private_address_is_found_by_the_check(
    discount_shop: DiscountShop, website: Website, names: Names
) -> None:
    names[HOST] = ["10.0.0.7"]
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == "forbidden_address"
    assert website.requests == []


def test_robots_are_obeyed(discount_shop: DiscountShop, website: Website) -> None:
    website.page("/robots.txt", b"User-agent: BackroomPrices\nDisallow: /*/mug$", "text/plain")
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == "refused_by_robots"
    assert [path for _, path in website.requests] == ["/robots.txt"]


@pytest.mark.parametrize(("status", "result"), [(404, "ok"), (403, "ok"), (204, "unreachable"), (503, "unreachable")])
def test_robots_that_cannot_be_read(discount_shop: DiscountShop, website: Website, status: int, result: str) -> None:
    """RFC 9309, 2.3.1: without a file all is allowed; while the website fails, nothing is."""
    website.page("/robots.txt", b"", "text/plain", status)
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == result


RULES = b"User-agent: *\nDisallow: /products\n"


@pytest.mark.parametrize("media_type", ["application/octet-stream", "text/html; charset=utf-8"])
def test_robots_of_another_media_type_are_obeyed(
    discount_shop: DiscountShop, website: Website, media_type: str
) -> None:
    website.page("/robots.txt", RULES, media_type)
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == "refused_by_robots"


def test_the_first_part_of_large_robots_is_obeyed(discount_shop: DiscountShop, website: Website) -> None:
    """RFC 9309, 2.5: at least 500 KiB are read; a rule beyond them does not count."""
    filler = b"# " + b"x" * 97 + b"\n"
    website.page("/robots.txt", RULES + filler * 30_000, "text/plain")
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == "refused_by_robots"
    competitor_checks.forget_robots()
    website.page("/robots.txt", filler * 5_120 + RULES, "text/plain")
    row = CompetitorWatch.get(discount_shop.shop, str(shown(discount_shop)["watch_id"]))
    competitor_checks.check_competitor(CompetitorCheckDue(shop=row.shop, watch_id=row.watch_id, turn_at=clock.now()))
    assert shown(discount_shop)["status"] == "ok"


def test_compressed_robots_are_not_taken_for_none(discount_shop: DiscountShop, website: Website) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/plain")
        request.send_header("Content-Encoding", "gzip")
        request.end_headers()
        request.wfile.write(gzip.compress(RULES))

    website.answers["/robots.txt"] = answer
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == "unreachable"
    assert [path for _, path in website.requests] == ["/robots.txt"]


def test_a_redirect_to_an_excluded_page_is_not_followed(discount_shop: DiscountShop, website: Website) -> None:
    website.redirect("/products/mug", "/cart")
    watch(discount_shop)
    assert discount_shop.drain() == []
    assert shown(discount_shop)["status"] == "refused_by_robots"


def test_a_redirect_to_another_website_takes_a_turn_of_that(
    discount_shop: DiscountShop, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second page is at the website that the first one redirects to: it waits, like a page of that website."""
    sent: list[tuple[CompetitorCheckDue, int]] = []
    added = watch(discount_shop)
    row = CompetitorWatch.get(discount_shop.shop, str(added["watch_id"]))
    message = CompetitorCheckDue(shop=row.shop, watch_id=row.watch_id, turn_at=clock.now())
    monkeypatch.setattr(messages, "publish", lambda message, delay_seconds=0: sent.append((message, delay_seconds)))
    website.page("/last", b"<html>Mug</html>")
    website.redirect("/products/mug", f"https://{OTHER}/last")
    now = clock.now()
    with monkeypatch.context() as time:
        time.setattr(clock, "now", lambda: now)
        competitor_checks.check_competitor(message)
        assert (OTHER, "/last") in website.requests
        count = len(website.requests)
        again = message.model_copy(update={"occurred_at": now + timedelta(seconds=1)})
        competitor_checks.check_competitor(again)
        assert [host for host, _ in website.requests[count:]] == [HOST]
        [(postponed, delay)] = sent
        assert (postponed.turn_at, postponed.busy_redirects, delay) == (None, 1, 10)
        competitor_checks.check_competitor(again.model_copy(update={"busy_redirects": 10}))
        assert len(sent) == 1
        time.setattr(clock, "now", lambda: now + timedelta(seconds=11))
        competitor_checks.check_competitor(again)
    assert website.requests[-1] == (OTHER, "/last")


def test_a_page_without_a_price_and_a_missing_page(discount_shop: DiscountShop, website: Website) -> None:
    website.page("/products/mug", b"<html>Mug</html>")
    watch(discount_shop)
    discount_shop.drain()
    assert (shown(discount_shop)["status"], shown(discount_shop)["failures"]) == ("no_price", 1)
    del website.answers["/products/mug"]
    row = CompetitorWatch.get(discount_shop.shop, str(shown(discount_shop)["watch_id"]))
    competitor_checks.check_competitor(CompetitorCheckDue(shop=row.shop, watch_id=row.watch_id, turn_at=clock.now()))
    assert (shown(discount_shop)["status"], shown(discount_shop)["failures"]) == ("unreachable", 2)


def test_ten_failures_in_a_row_pause_the_watch(discount_shop: DiscountShop, website: Website) -> None:
    del website.answers["/products/mug"]
    added = watch(discount_shop)
    discount_shop.drain()
    for _ in range(12):
        competitor_checks.check_competitor(
            CompetitorCheckDue(shop=discount_shop.shop, watch_id=str(added["watch_id"]), turn_at=clock.now())
        )
    assert (shown(discount_shop)["status"], shown(discount_shop)["failures"]) == ("paused", 10)
    count = len(website.requests)
    competitor_checks.send_due_checks(discount_shop.shop, TODAY)
    assert discount_shop.drain() == []
    assert len(website.requests) == count


def test_a_shop_watches_fifty_pages(discount_shop: DiscountShop, website: Website) -> None:
    UsageJournal(discount_shop.shop).update([UsageJournal.watches.set(49), UsageJournal.sequence.set(0)])
    added = watch(discount_shop)
    body = {"sku": "A", "competitor": "Rival", "url": URL}
    response = discount_shop.merchant("POST", "competitors", body)
    assert (response.status_code, response.json()["code"]) == (409, "LimitReached")
    assert discount_shop.merchant("DELETE", f"competitors/{added['watch_id']}").status_code == 204
    assert discount_shop.merchant("DELETE", f"competitors/{added['watch_id']}").status_code == 404
    watch(discount_shop)
    assert UsageJournal.get(discount_shop.shop).watches == 50


def test_a_repeated_key_adds_one_watch(discount_shop: DiscountShop, website: Website) -> None:
    body = {"sku": "A", "competitor": "Rival", "url": URL}
    first, second = (discount_shop.merchant("POST", "competitors", body, Idempotency_Key="k") for _ in range(2))
    assert first.json() == second.json()
    assert len(discount_shop.merchant("GET", "competitors").json()["items"]) == 1


def test_another_shops_watch_is_not_found(new_discount_shop: NewShop, website: Website) -> None:
    one, other = new_discount_shop(), new_discount_shop()
    added = watch(one)
    for method in ("GET", "DELETE"):
        response = other.merchant(method, f"competitors/{added['watch_id']}")
        assert (response.status_code, response.json()["code"]) == (404, "WatchNotFound")


def test_a_deleted_watch_is_not_checked(discount_shop: DiscountShop, website: Website) -> None:
    added = watch(discount_shop)
    assert discount_shop.merchant("DELETE", f"competitors/{added['watch_id']}").status_code == 204
    assert discount_shop.drain() == []
    assert website.requests == []


@pytest.mark.parametrize("event", ["deleted", "checked"])
def test_a_check_that_came_too_late_stores_nothing(discount_shop: DiscountShop, website: Website, event: str) -> None:
    added = watch(discount_shop)
    row = CompetitorWatch.get(discount_shop.shop, str(added["watch_id"]))
    serve = website.answers["/products/mug"]

    def answer(request: BaseHTTPRequestHandler) -> None:
        """Change the watch while its page is read."""
        if event == "deleted":
            CompetitorWatch(row.shop, row.watch_id).delete()
        else:
            CompetitorWatch(row.shop, row.watch_id).update([CompetitorWatch.last_checked_at.set(row.created_at)])
        serve(request)

    website.answers["/products/mug"] = answer
    competitor_checks.check_competitor(CompetitorCheckDue(shop=row.shop, watch_id=row.watch_id, turn_at=clock.now()))
    assert list(CompetitorPrice.query(f"{row.shop}#MUG-1")) == []
    left = [each.status for each in CompetitorWatch.query(row.shop)]
    assert left == ([] if event == "deleted" else ["no_price"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("sku", ""), ("sku", "A\n"), ("sku", "A\x00"), ("sku", "A" * 256), ("sku", None), ("sku", 5), ("competitor", " "),
     ("competitor", "Ri\x1bval"), ("competitor", "R" * 101), ("url", ""), ("url", "https://shop.com/" + "a" * 2048), ("more", 1)],
)  # fmt: skip
def test_bad_input_is_refused_by_its_field(discount_shop: DiscountShop, field: str, value: object) -> None:
    body = {"sku": "MUG", "competitor": "Rival", "url": URL} | {field: value}
    response = discount_shop.merchant("POST", "competitors", body)
    assert response.status_code == 422
    assert [error["path"] for error in response.json()["errors"]] == [f"body.{field}"]
