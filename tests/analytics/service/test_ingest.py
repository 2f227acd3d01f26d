from __future__ import annotations

import duckdb
import pytest

from chalicelib.analytics.domain import lake
from chalicelib.analytics.models import EventDay
from chalicelib.analytics.repository import event_days, event_parts
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.analytics.schemas.messages import EventsCollected
from chalicelib.analytics.service import ingest, track
from chalicelib.kit import auth, aws, clock, config, tombstones
from chalicelib.kit.auth import Role
from chalicelib.kit.queue_records import ReceivedMessage
from tests.analytics.collection_factories import CHROME, event, queued_events

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def part_keys(tenant: str) -> list[str]:
    bucket = config.settings().archive_bucket
    found = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=lake.tenant_prefix(tenant))
    return [item["Key"] for item in found.get("Contents", [])]


def stored_rows(tenant: str, tmp_path) -> list[dict]:
    """The rows of all parts of a tenant."""
    rows = []
    for key in part_keys(tenant):
        content = aws.client("s3").get_object(Bucket=config.settings().archive_bucket, Key=key)["Body"].read()
        file = tmp_path / "part.parquet"
        file.write_bytes(content)
        table = duckdb.read_parquet(str(file))
        rows += [dict(zip(table.columns, row, strict=True)) for row in table.fetchall()]
    return rows


def batch_of(*messages: EventsCollected) -> list[ReceivedMessage[EventsCollected]]:
    return [ReceivedMessage(str(number), message) for number, message in enumerate(messages)]


def test_events_become_a_part_by_tenant_and_day_and_the_day_is_due(send, new_site, drain, tmp_path):
    one, other = new_site("store:1"), new_site("store:2")
    for site in (one, one, other):
        send({"key": site.key, "events": [event(data={"b": 1, "a": 2}, path="/p?utm_source=x")]})
    assert drain() == []
    rows = stored_rows("store:1", tmp_path)
    assert len(rows) == 2
    assert list(rows[0]) == list(lake.EVENT_COLUMNS)
    assert {row["device_type"] for row in rows} == {"mobile"}
    assert (rows[0]["browser"], rows[0]["source"], rows[0]["data"]) == ("Chrome Mobile", "browser", '{"a":2,"b":1}')
    assert (rows[0]["path"], rows[0]["utm"], rows[0]["version"]) == ("/p", '{"utm_source":"x"}', 0)
    assert len(stored_rows("store:2", tmp_path)) == 1
    day = EventDay.get("store:1", rows[0]["day"])
    assert day.parts >= 1
    assert day.dirty == event_days.shard_of("store:1")


def test_events_of_a_batch_share_a_part(send, new_site):
    site = new_site()
    for _ in range(3):
        send({"key": site.key, "events": [event()]})
    assert ingest.ingest_events(batch_of(*queued_events())) == []
    assert len(part_keys("store:1")) == 1


def test_crawler_in_a_browser_is_kept_as_a_bare_number_and_a_server_is_not_checked(send, new_site, drain, tmp_path):
    site = new_site()
    send({"key": site.key, "events": [event(path="/p", session_id="s")]}, User_Agent=GOOGLEBOT)
    send({"events": [event(user_id="u")]}, Authorization=f"Bearer {site.secret}", User_Agent="python-requests/2.31")
    assert drain() == []
    bot, server = sorted(stored_rows("store:1", tmp_path), key=lambda row: row["type"])
    kept = {name for name, value in bot.items() if value is not None}
    assert (bot["type"], kept) == ("bot", {"id", "type", "at_ms", "received_ms", "day", "time_zone"})
    assert (server["type"], server["user_id"], server["browser"]) == ("user_action", "u", None)


def test_events_of_an_erased_user_are_dropped_singly(send, new_site, drain, tmp_path):
    new_site("together")
    for member in ("mia", "lou"):
        send({"events": [event()]}, Authorization=f"Bearer {auth.mint(Role.MEMBER, member)}")
    shop = "shop:a.example:studio"
    new_site(shop)
    track(shop, [TrackedEvent(name="a", at=clock.now(), user_id=f"gid://shopify/Customer/{n}") for n in (1, 2)])
    tombstones.add("member:mia")
    tombstones.add("customer:a.example:gid://shopify/Customer/1")
    assert drain() == []
    assert [row["user_id"] for row in stored_rows("together", tmp_path)] == ["lou"]
    assert [row["user_id"] for row in stored_rows(shop, tmp_path)] == ["gid://shopify/Customer/2"]


def test_events_of_an_erased_store_are_dropped(send, new_site, drain):
    site = new_site()
    send({"key": site.key, "events": [event()]})
    tombstones.add("store:1")
    assert drain() == []
    assert part_keys("store:1") == []


def test_same_events_in_another_cut_are_the_same_ids(send, new_site, tmp_path):
    site = new_site()
    for _ in range(3):
        send({"key": site.key, "events": [event()]})
    one, two, three = queued_events()
    ingest.ingest_events(batch_of(one, two))
    ingest.ingest_events(batch_of(two, three))
    ingest.ingest_events(batch_of(three, two))
    assert len(part_keys("store:1")) == 2, "the same events in another order are the same part"
    assert len({row["id"] for row in stored_rows("store:1", tmp_path)}) == 3


@pytest.mark.parametrize("module", [event_parts, event_days])
def test_only_the_messages_of_a_part_that_failed_are_delivered_again(send, new_site, monkeypatch, module):
    one, other = new_site("store:1"), new_site("store:2")
    for site in (one, other, other):
        send({"key": site.key, "events": [event()]})
    batch = batch_of(*queued_events())
    name = {event_parts: "put_part", event_days: "mark_parts_due"}[module]
    write = getattr(module, name)

    def fail(tenant, *rest):
        if tenant == "store:1":
            raise OSError("no connection")
        return write(tenant, *rest)

    monkeypatch.setattr(module, name, fail)
    failed = ingest.ingest_events(batch)
    assert [received.content.tenant for received in failed] == ["store:1"]
    monkeypatch.undo()
    assert ingest.ingest_events(failed) == []
    assert len(part_keys("store:1")) == len(part_keys("store:2")) == 1


def test_lake_holds_no_user_agent_or_address(send, new_site, drain, tmp_path):
    site = new_site()
    send({"key": site.key, "events": [event()]})
    drain()
    text = str(stored_rows("store:1", tmp_path))
    assert [secret for secret in (CHROME, "SM-S918B", "127.0.0.1", "Mozilla", "112.0") if secret in text] == []
