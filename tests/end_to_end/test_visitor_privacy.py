"""A visitor's address, user agent, e-mail address and tokens are in no queue, table, lake object or log after a visit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx2
import pytest
from chalice.local import LambdaEventConverter

from chalicelib.analytics.domain import packed_json
from chalicelib.analytics.models import DailyTraffic
from chalicelib.analytics.schemas.sites import SiteCreate
from chalicelib.analytics.service import day_ends, register_site, site_cache, sites
from chalicelib.kit import auth, aws, clock, config, ids, messages
from chalicelib.kit.auth import Role
from infra.deploy import handlers
from infra.local import delivery
from tests.analytics.schedules import run_schedule
from tests.shops.scenarios.secret_scanner import Secrets, SecretScanner

Drain = Callable[[], list[Any]]
ORIGIN, TENANT = "https://shop.example", "shop:demo.myshopify.com:studio"
IP, MAIL = "203.0.113.77", "mia.visitor@mail.example"
AGENT = "Mozilla/5.0 (X11; Zebra x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7391.42 Safari/537.36"
KEPT = "portraits-of-zebras"
"""A part of a path that is stored."""


@pytest.fixture
def known_secrets() -> Secrets:
    found = Secrets()
    found.add("ip", IP)
    found.add("user agent", AGENT, "Zebra", "140.0.7391.42")
    found.add("email", MAIL)
    return found


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretScanner]:
    """Records every message and log line; the API sees the visitor's address."""
    site_cache.forget()
    found = SecretScanner()
    monkeypatch.setattr(LambdaEventConverter, "LOCAL_SOURCE_IP", IP)
    monkeypatch.setattr(delivery, "receive", found.record_queues(delivery.receive))
    with found.record_logs():
        yield found
    site_cache.forget()


def visit(token: str) -> list[dict[str, Any]]:
    """The events of a page whose addresses, data and errors name the visitor."""
    page = {"path": f"/{KEPT}/{MAIL}/{token}?email={MAIL}&token={token}&utm_source={MAIL}#{token}"}
    referrer = f"https://{MAIL}:{token}@other.example/from/{MAIL}?session={token}"
    data = {"mail": MAIL, "nested": [{"address": IP, "header": f"Bearer {token}"}]}
    error = {"type": "TypeError", "message": f"{KEPT} {MAIL} from {IP} with {token}", "stack": f"at {MAIL} ({token})"}
    events: list[dict[str, Any]] = [
        {"type": "page_view", "name": "page_view", "referrer": referrer, "utm": {"utm_campaign": MAIL}},
        {"type": "user_action", "name": "button_clicked", "data": data},
        {"type": "feature_usage", "name": "wishlist", "data": data},
        {"type": "error", "name": "error", "data": error},
        {"type": "page_leave", "name": "page_leave"},
    ]
    now = clock.now()
    return [
        {"id": ids.new(), "at": clock.iso(now - timedelta(seconds=9 - number)), **page, **event}
        for number, event in enumerate(events)
    ]


def record_contents(scanner: SecretScanner, file: Path) -> None:
    """Record what is compressed: the rows of Parquet objects, and packed lists."""
    bucket = config.settings().archive_bucket
    for item in aws.client("s3").list_objects_v2(Bucket=bucket)["Contents"]:
        if item["Key"].endswith(".parquet"):
            body = aws.client("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            file.write_bytes(body)
            scanner.add("lake", str(duckdb.read_parquet(str(file)).fetchall()))
    packed = [text for row in DailyTraffic.scan() for text in (row.top, row.recent) if text]
    scanner.add("packed", *(json.dumps(packed_json.unpack(text)) for text in packed))


def test_nothing_that_identifies_a_visitor_is_left(
    api: httpx2.Client,
    drain: Drain,
    scanner: SecretScanner,
    known_secrets: Secrets,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    site = sites.create_site(SiteCreate(tenant=TENANT, name="Shop", origins=[ORIGIN]), None)
    register_site("together", "Together", origins=[ORIGIN])
    member = auth.mint(Role.MEMBER, ids.new())
    known_secrets.add_jwt(member)
    known_secrets.add("secret key", site.secret)
    scanner.record_responses(api, known_secrets)

    def send(events: list[dict[str, Any]], key: str | None = None, token: str | None = None) -> int:
        headers = {"User-Agent": AGENT, "Origin": ORIGIN, "Cookie": f"session={MAIL}", "X-Forwarded-For": IP}
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"key": key, "sent_at": clock.iso(clock.now()), "events": events}
        return api.post("/v1/analytics/events", json=body, headers={**headers, **bearer}).status_code

    invalid = [{**visit(member)[0], "unknown": MAIL}, {**visit(member)[1], "user_id": MAIL}]
    assert send([*visit(member), *invalid], key=site.key) == 202
    assert send(visit(member), token=member) == 202
    assert send(visit(str(site.secret)), token=site.secret) == 202
    with monkeypatch.context() as patch:
        patch.setattr(messages, "publish_many", lambda _: 1 / 0)
        assert send(visit(member), key=site.key) == 500
    for name in ("analytics-roll_up_days", "analytics-close_days"):
        assert drain() == []
        run_schedule(name)
    assert drain() == []
    day_ends.close_site_day(TENANT, clock.today())
    assert drain() == []
    scanner.record_stores(handlers.consumers())
    record_contents(scanner, tmp_path / "read.parquet")
    scanner.add("stdout", *capfd.readouterr())

    for channel in ("row", "message", "lake", "packed"):
        assert KEPT in "".join(scanner.texts[channel]), channel
    assert "request failed" in "".join(scanner.texts["log"])
    assert any("error_raised" in text for text in scanner.texts["lake"]), (
        "the failed request is an error of the platform"
    )
    leaks = scanner.find(known_secrets.by_kind)
    assert not leaks, "\n".join(leaks)
