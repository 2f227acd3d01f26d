"""The state of version 0.1.0 in the contexts that `previous_version` lacks: together, discounts, platform, analytics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2

from chalicelib.analytics.models import EventCount
from chalicelib.kit import aws, messages
from tests.end_to_end.previous_state import (
    Clock,
    Drain,
    Previous,
    assert_same_rows,
    fire,
    folder,
    previous,
    sandboxes,
    time,
)

__all__ = ["folder", "previous", "sandboxes", "time"]

FOLDER = Path(__file__).resolve().parents[1] / "data" / "version_0_1"
CONTEXTS = {"analytics", "discounts", "platform", "together"}
Json = dict[str, Any]


def enqueue(previous: Previous, queue: str) -> None:
    """Put the old messages into their queue, without the attribute that names their class."""
    for body in previous.messages[queue]:
        aws.client("sqs").send_message(QueueUrl=messages.queue_url(queue), MessageBody=body)


def call(previous: Previous, tokens: Json, method: str, path: str, body: Any = None) -> httpx2.Response:
    """Send a request with an old access token."""
    return previous.api.request(method, path, json=body, headers={"Authorization": f"Bearer {tokens['access_token']}"})


def merchant(previous: Previous, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
    token = previous.shopify.session_token("discounts", previous.shop)
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Authorization": f"Bearer {token}"}
    return previous.api.request(method, f"/v1/discounts/{path}", json=body, headers=named)


def test_the_data_hold_rows_and_messages_of_each_context(previous: Previous) -> None:
    filled = {name.partition("-")[0] for name, rows in previous.rows.items() if rows}
    assert filled >= CONTEXTS
    assert set(previous.messages) == {"analytics-ingest_events", "discounts-publish_discount"}


def test_every_row_is_read_and_written_with_its_old_values(previous: Previous) -> None:
    assert_same_rows(previous)


def test_a_couple_continues_with_its_tokens(previous: Previous) -> None:
    old = previous.values["together"]
    tokens = old["ada"]["tokens"]
    assert call(previous, tokens, "GET", "/v1/together/relationship").json() == old["relationship"]
    checkins = call(previous, tokens, "GET", "/v1/together/checkins").json()["items"]
    notes = [(each["is_mine"], each["checkin_date"], each["gratitude_note"]) for each in checkins]
    assert sorted(notes) == [(is_mine, old["today"], "Tea in the garden") for is_mine in (False, True)]
    page = call(previous, tokens, "GET", f"/v1/together/goals?limit=2&cursor={old['cursor']}").json()
    assert [goal["id"] for goal in page["items"]] == old["second"]
    ben = old["ben"]["tokens"]
    date = call(previous, ben, "GET", f"/v1/together/dates/{old['date']['id']}").json()
    assert date == old["date"] | {"is_mine": False}


def test_a_member_refreshes_an_old_session_and_signs_in(previous: Previous) -> None:
    ada = previous.values["together"]["ada"]
    body = {"refresh_token": ada["tokens"]["refresh_token"]}
    refreshed = previous.api.post("/v1/together/sessions/refresh", json=body)
    assert refreshed.status_code == 200, refreshed.text
    assert call(previous, refreshed.json(), "GET", "/v1/together/relationship").status_code == 200
    credentials = {"email": ada["email"], "password": ada["password"]}
    assert previous.api.post("/v1/together/sessions", json=credentials).status_code == 201


def test_a_pending_sign_up_is_verified_by_its_old_mail(previous: Previous) -> None:
    cleo = previous.values["together"]["cleo"]
    body = {"token": cleo["verify"], "password": cleo["password"]}
    assert previous.api.post("/v1/together/accounts/verify", json=body).status_code == 204
    credentials = {"email": cleo["email"], "password": cleo["password"]}
    assert previous.api.post("/v1/together/sessions", json=credentials).status_code == 201


def test_old_discounts_are_read_and_changed_by_their_version(previous: Previous, drain: Drain) -> None:
    old = previous.values["discounts"]
    for discount in old["discounts"]:
        assert merchant(previous, "GET", f"discounts/{discount['discount_id']}").json() == discount
    page = merchant(previous, "GET", f"discounts?limit=2&cursor={old['cursor']}").json()
    assert [each["discount_id"] for each in page["items"]] == old["second"]
    first = old["discounts"][0]
    etag = f'"{first["version"]}"'
    changed = merchant(previous, "PUT", f"discounts/{first['discount_id']}", {"value": "30"}, If_Match=etag)
    assert changed.status_code == 200, changed.text
    assert drain() == []


def test_an_old_idempotency_key_replays_its_discount(previous: Previous) -> None:
    once = previous.values["discounts"]["once"]
    answer = merchant(previous, "POST", "discounts", once["body"], Idempotency_Key=once["key"])
    assert (answer.json(), answer.headers["idempotency-replayed"]) == (once["answer"], "true")


def test_a_queued_publication_reaches_shopify(previous: Previous, drain: Drain) -> None:
    queued = previous.values["discounts"]["queued"]
    path = f"discounts/{queued['discount_id']}"
    before = merchant(previous, "GET", path).json()
    assert before["published_version"] != before["version"]
    enqueue(previous, "discounts-publish_discount")
    assert drain() == []
    after = merchant(previous, "GET", path).json()
    assert after["published_version"] == after["version"]


def test_an_owner_continues_with_account_and_store(previous: Previous) -> None:
    old = previous.values["platform"]
    olga = old["olga"]
    assert call(previous, olga["tokens"], "GET", "/v1/platform/me").json() == old["profile"]
    assert call(previous, olga["tokens"], "GET", f"/v1/platform/stores/{old['store']['id']}").json() == old["store"]
    credentials = {"email": olga["email"], "password": olga["password"]}
    assert previous.api.post("/v1/platform/sessions", json=credentials).status_code == 201


def test_old_parts_and_a_queued_event_become_a_day(previous: Previous, drain: Drain, time: Clock) -> None:
    """The lake's parts were written before; the event is in the message of a queue."""
    enqueue(previous, "analytics-ingest_events")
    assert drain() == []
    for _ in range(2):
        fire("analytics-roll_up_days", time.advance(hours=1))
        assert drain() == []
    assert {str(row.tenant) for row in EventCount.scan()} >= {"store:1", "together"}
