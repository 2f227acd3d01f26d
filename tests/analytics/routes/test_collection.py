from __future__ import annotations

import json
from datetime import timedelta

import pytest

from chalicelib.analytics.models import EventDay, Site
from chalicelib.analytics.service import site_cache
from chalicelib.kit import auth, aws, clock, sessions
from chalicelib.kit.auth import Role
from tests.analytics.collection_factories import ORIGIN, event, queued_events


def test_page_sends_events_with_the_public_key(send, new_site):
    site = new_site()
    answer = send({"key": site.key, "sent_at": clock.iso(clock.now()), "events": [event(), event(name="Bad name")]})
    assert (answer.status_code, answer.json()) == (
        202,
        {"accepted": 1, "rejected": [{"index": 1, "code": "invalid_name"}]},
    )
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    [message] = queued_events()
    [collected] = message.events
    assert (message.tenant, collected.source, collected.user_id) == ("store:1", "browser", None)
    assert len({collected.visitor, collected.ip_hash, None}) == 3


def test_json_is_accepted_as_text(send, new_site):
    site = new_site()
    assert send({"key": site.key, "events": [event()]}, Content_Type="application/json").status_code == 202


def test_preflight_allows_every_origin(api):
    answer = api.options("/v1/analytics/events", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"


@pytest.mark.parametrize("key", [None, "pk_unknown"])
def test_unknown_key_is_refused_and_the_page_can_read_why(send, new_site, key):
    new_site()
    answer = send({"key": key, "events": [event()]})
    assert (answer.status_code, answer.json()["code"]) == (401, "UnknownKey")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert queued_events() == []


@pytest.mark.parametrize(
    ("origins", "origin", "status"),
    [
        ([ORIGIN], "https://b.example", 403),
        ([ORIGIN], "", 403),
        ([ORIGIN], "null", 403),
        (["null"], "null", 202),
        (["null"], "", 202),
        ([], ORIGIN, 403),
    ],
)
def test_browser_sends_from_the_origins_of_the_site_only(send, new_site, origins, origin, status):
    site = new_site(origins=origins)
    assert send({"key": site.key, "events": [event()]}, Origin=origin).status_code == status


@pytest.mark.parametrize(
    "change",
    [{"user_id": "mia"}, {"type": "system"}, {"type": "payment"}, {"value": "1"}, {"time_zone": "UTC"}, {"version": 1}],
)
def test_public_key_cannot_name_a_user_or_money(send, new_site, change):
    site = new_site()
    answer = send({"key": site.key, "events": [event(**change)]}).json()
    assert answer["accepted"] == 0
    assert answer["rejected"][0]["code"] in ("field_not_allowed", "type_not_allowed")
    assert queued_events() == []


def test_public_key_reads_nothing(api, new_site):
    site = new_site()
    for token in (site.key, site.secret):
        headers = {"Authorization": f"Bearer {token}"}
        assert api.get("/v1/operator/analytics/sites", headers=headers).status_code == 401
        assert api.get("/v1/operator/analytics/sites/store:1", headers=headers).status_code == 401
    assert api.get("/v1/analytics/events", params={"key": site.key}).status_code == 405


def test_member_names_themselves_at_together_only(send, new_site):
    together, store = new_site("together"), new_site("store:1")
    token = f"Bearer {auth.mint(Role.MEMBER, 'mia')}"
    for key in (None, together.key):
        assert (
            send({"key": key, "events": [event()]}, Authorization=token, Origin="https://b.example").status_code == 202
        )
    assert [(message.tenant, message.events[0].user_id) for message in queued_events()] == [("together", "mia")] * 2
    assert send({"key": store.key, "events": [event()]}, Authorization=token).status_code == 403
    other = send({"key": together.key, "events": [event(user_id="lou")]}, Authorization=token).json()
    assert other["rejected"] == [{"index": 0, "code": "field_not_allowed"}]


@pytest.mark.parametrize("token", ["sk_unknown", "x.y.z"])
def test_invalid_token_is_refused_although_the_key_is_valid(send, new_site, token):
    site = new_site("together")
    assert send({"key": site.key, "events": [event()]}, Authorization=f"Bearer {token}").status_code == 401
    operator = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    assert send({"key": site.key, "events": [event()]}, Authorization=operator).status_code == 403


def test_server_sends_all_but_payments_and_is_no_visitor(send, new_site):
    site = new_site()
    sent = event(type="system", user_id="u", value="19.90", time_zone="Asia/Tokyo", version=2, currency="EUR")
    token = f"Bearer {site.secret}"
    answer = send(
        {"events": [sent, event(type="payment")]}, Authorization=token, Origin="", User_Agent="python-requests/2.31"
    )
    assert answer.json() == {"accepted": 1, "rejected": [{"index": 1, "code": "type_not_allowed"}]}
    [message] = queued_events()
    [collected] = message.events
    assert (message.agent, collected.visitor, collected.ip_hash) == (None, None, None)
    assert (collected.user_id, collected.time_zone, collected.version, str(collected.value)) == (
        "u",
        "Asia/Tokyo",
        2,
        "19.9",
    )


def test_secret_and_key_of_two_sites_do_not_match(send, new_site):
    one, other = new_site("store:1"), new_site("store:2")
    answer = send({"key": other.key, "events": [event()]}, Authorization=f"Bearer {one.secret}")
    assert answer.status_code == 401
    assert queued_events() == []


def test_more_than_500_events_are_refused(send, new_site):
    site = new_site()
    assert send({"key": site.key, "events": [event()] * 501}).status_code == 422
    assert send({"key": site.key, "events": []}).status_code == 422
    assert send({"key": site.key, "events": [event() for _ in range(500)]}).json()["accepted"] == 500


def test_body_over_a_megabyte_is_refused(send, new_site):
    site = new_site()
    body = json.dumps({"key": site.key, "events": [event()]})
    assert send(body + " " * (1_000_000 - len(body))).status_code == 202
    assert send(body + " " * (1_000_001 - len(body))).status_code == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422),
        ("nonsense", 400),
        ("[]", 422),
        ('{"key": "k", "events": [], "more": 1}', 422),
        ('{"events": {}}', 422),
    ],
)
def test_invalid_body_is_refused(send, body, status):
    assert send(body).status_code == status


def test_moments_are_corrected_limited_and_dated(send, new_site):
    site = new_site(time_zone="Pacific/Kiritimati")
    now = clock.now()
    events = [
        event(at="2019-01-01T00:00:00Z"),
        event(at="2099-01-01T00:00:00Z"),
        event(at=clock.iso(now - timedelta(hours=73))),
    ]
    answer = send({"key": site.key, "events": events}).json()
    assert answer == {"accepted": 1, "rejected": [{"index": 0, "code": "too_old"}, {"index": 2, "code": "too_old"}]}
    [collected] = queued_events()[0].events
    assert collected.at_ms == collected.received_ms
    assert collected.day == (now + timedelta(hours=14)).date()
    # A clock that is a day ahead: the event happened a minute before it was sent.
    ahead = now + timedelta(days=1)
    body = {"key": site.key, "sent_at": clock.iso(ahead), "events": [event(at=clock.iso(ahead - timedelta(minutes=1)))]}
    assert send(body).json()["accepted"] == 1
    [corrected] = queued_events()[0].events
    assert corrected.received_ms - corrected.at_ms == 60_000


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1" * 40, '"' + "1" * 40 + '"', "1e400"])
def test_value_without_an_exact_decimal_is_refused_alone(send, new_site, value):
    site = new_site()
    bad = json.dumps(event(value="VALUE")).replace('"VALUE"', value)
    body = f'{{"events": [{bad}, {json.dumps(event())}]}}'
    answer = send(body, Authorization=f"Bearer {site.secret}").json()
    assert answer == {"accepted": 1, "rejected": [{"index": 0, "code": "invalid_value"}]}


def test_site_over_its_daily_number_is_refused(send, new_site):
    site = new_site()
    today = clock.today()
    Site("store:1").update([Site.max_events_per_day.set(10)])
    row = EventDay(tenant="store:1", day=today, event_count=9, expires_epoch=clock.now() + timedelta(days=1))
    row.save()
    assert send({"key": site.key, "events": [event()]}).status_code == 202
    row.event_count = 10
    row.save()
    site_cache.forget()
    answer = send({"key": site.key, "events": [event()]})
    assert (answer.status_code, answer.json()["code"]) == (429, "DailyLimitReached")
    assert answer.headers["Retry-After"]


def test_inactive_site_accepts_nothing(send, new_site):
    site = new_site()
    Site("store:1").update([Site.is_active.set(False)])
    assert send({"key": site.key, "events": [event()]}).status_code == 401


@pytest.fixture
def calls(send, new_site, monkeypatch):
    """The AWS calls of requests, by operation."""
    names: list[str] = []

    def count(params, model, **_):
        names.append(model.name)

    for service in ("dynamodb", "sqs", "s3"):
        aws.client(service).meta.events.register(f"before-call.{service}", count, unique_id="count")
    yield names
    for service in ("dynamodb", "sqs", "s3"):
        aws.client(service).meta.events.unregister(f"before-call.{service}", unique_id="count")


def test_request_writes_nothing_and_sends_once(send, new_site, calls, monkeypatch):
    noon = clock.now().replace(hour=12)
    monkeypatch.setattr(clock, "now", lambda: noon)
    site = new_site()
    body = {"key": site.key, "events": [event() for _ in range(20)]}
    calls.clear()
    send(body)
    writes = [
        name for name in calls if name in ("PutItem", "UpdateItem", "TransactWriteItems", "DeleteItem", "PutObject")
    ]
    assert writes == ["PutItem"], "the first request of a day makes its salt"
    calls.clear()
    send(body)
    assert calls == ["SendMessageBatch"]


def test_large_body_is_split_into_messages_that_fit_the_queue(send, new_site, calls):
    site = new_site()
    events = [event(data={"text": f"{number:03}" + "ü" * 900}) for number in range(400)]
    calls.clear()
    assert send(json.dumps({"key": site.key, "events": events}, ensure_ascii=False)).json()["accepted"] == 400
    assert calls.count("PutObject") == 0
    sent = queued_events()
    assert len(sent) > 1
    assert sorted(each.id for message in sent for each in message.events) == sorted(each["id"] for each in events)


def test_no_address_user_agent_or_contact_leaves_the_request(send, new_site, caplog):
    site = new_site(origins=["null"])
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
    secrets = ["mia@mail.example", "203.0.113.7", token, "127.0.0.1", "Mozilla", "SM-S918B", "112.0"]
    texts = {"message": f"{secrets[0]} from {secrets[1]} with {token}", "agent": "x"}
    events = [
        event(type="error", data={**texts, "stack": f"GET /u/{secrets[0]}?token={token}"}),
        event(
            path=f"/u/{secrets[0]}/{token}?email={secrets[0]}&utm_source=news",
            referrer=f"https://b.example/?q={secrets[0]}",
        ),
        event(data={"to": secrets[0]}, utm={"utm_term": secrets[0]}),
    ]
    assert send({"key": site.key, "events": events}, Origin="null").json()["accepted"] == 3
    text = "".join(message.model_dump_json() for message in queued_events()) + caplog.text
    assert [secret for secret in secrets if secret in text] == []
    assert "utm_source" in text


def test_a_token_of_an_ended_session_names_nobody(send, new_site):
    new_site("together")
    session = sessions.new_session("member:mia", None)
    session.save()
    token = f"Bearer {auth.mint(Role.MEMBER, 'mia', session_id=session.id)}"
    assert send({"events": [event()]}, Authorization=token).status_code == 202
    sessions.end_sessions([session])
    assert send({"events": [event()]}, Authorization=token).status_code == 401
