"""The cost of each operation in round trips and capacity units; docs/costs.md has the same table."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import pytest

from chalicelib.analytics import service as analytics
from chalicelib.analytics.schemas.recomputation import RecomputationCreate
from chalicelib.analytics.service import due_days, recomputation, site_cache
from chalicelib.billing import service as billing
from chalicelib.kit import auth, clock, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.locks import Lease
from chalicelib.kit.models import Attempt
from chalicelib.retention.rules import RULES
from chalicelib.retention.service import sweep
from chalicelib.shops.models import Shop
from chalicelib.shops.service import shop_identity, webhook_registration
from chalicelib.together.domain.notices import Notice
from chalicelib.together.enums import NotificationKind
from chalicelib.together.models import Relationship
from chalicelib.together.service import mail_failures, notice_dispatch
from chalicelib.together.service.notifications import add_notice
from infra.bench.round_trips import Cost, metered
from infra.deploy import handlers
from infra.docs.costs_page import COSTS
from infra.local import delivery
from infra.local.engine import Engine
from infra.sandbox.shopify import ShopifySandbox
from infra.sandbox.stripe import StripeSandbox
from tests.retention.conftest import CUT_OFF, fire_sweep, log_of, stored_logs
from tests.studio.conftest import PHOTO, Gallery, gallery
from tests.together.accounts import OTHER_PASSWORD, Mailbox, Person
from tests.together.members import MemberClient, new_couple

__all__ = ["gallery"]

Drain = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def costs() -> Iterator[Callable[[str], Any]]:
    """`with costs("name"):` measures an operation; at the end each is compared with the documented figures."""
    measured: dict[str, Cost] = {}

    @contextmanager
    def operation(name: str) -> Iterator[None]:
        with metered() as meter:
            yield
        measured[name] = meter.cost

    yield operation
    assert {name: COSTS.get(name) for name in measured} == measured


def run(name: str) -> None:
    """Let the consumer handle one batch."""
    consumer = next(found for found in handlers.consumers() if found.name == name)
    handler = handlers.chalice_app().handler_map[name]
    batch = delivery.receive(consumer)
    assert batch, f"{name} has nothing to do"
    response = handler(delivery.event_of(consumer, batch), None)
    assert response == {"batchItemFailures": []}


def test_shops(gallery: Gallery, costs: Callable[[str], Any]) -> None:
    token = gallery.shopify.session_token("studio", gallery.shop)
    bearer = {"Authorization": f"Bearer {token}"}
    row = Shop.get(gallery.shop, "studio")
    row.update([Shop.token_checked_at.remove(), Shop.session_issued_at.remove()])
    gallery.drain()
    with costs("a merchant's request, once a minute and shop"):
        gallery.api.get("/v1/shops/me", headers=bearer)
    with costs("job: access token checked"):
        run("shops-check_token")
    row.update([Shop.token_checked_at.set(clock.now() + timedelta(hours=1))])  # no minute passes from here on
    with costs("a merchant's request (session token)"):
        gallery.api.get("/v1/shops/me", headers=bearer)
    with costs("settings read"):
        gallery.api.get("/v1/shops/me/settings", headers=bearer)
    with costs("settings saved"):
        response = gallery.api.put(
            "/v1/shops/me/settings", headers=bearer | {"If-Match": '"0"'}, json={"settings": {"a": 1}}
        )
    assert response.status_code == 200, response.text
    shop_identity.names.forget()
    with costs("Shopify's webhook, a process's first of a shop in five minutes"):
        gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order({"name": "a", "value": "b"}))
    order = gallery.order({"name": "a", "value": "b"})
    with costs("Shopify's webhook, first delivery"):
        first = gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order)
    with costs("Shopify's webhook, duplicate"):
        gallery.shopify.redeliver(first)
    with costs("Shopify's webhook, over 256 KB"):
        gallery.shopify.deliver("studio", gallery.shop, "orders/paid", order | {"note": "x" * 300_000})
    gallery.shopify.emit(gallery.shop, "shop/update", gallery.shopify.update_shop(gallery.shop, name="New"))
    with costs("job: shop's details applied"):
        run("shops-apply_webhook")
    lines = [{"variant_id": 1, "product_id": 2}]
    order = gallery.shopify.paid_order(gallery.shop, lines, customer_id=7)
    edit = gallery.shopify.edit_order(gallery.shop, order["id"], quantities={order["line_items"][0]["id"]: 2})
    gallery.shopify.emit(gallery.shop, "orders/edited", edit)
    with costs("job: edited order fetched"):
        run("shops-apply_webhook")
    for name in ("Shopify's webhook of a shop's first guest", "Shopify's webhook of a guest"):
        with costs(name):
            gallery.shopify.deliver(
                "studio", gallery.shop, "orders/paid", gallery.shopify.paid_order(gallery.shop, lines)
            )
    gallery.shopify.uninstall("studio", gallery.shop)
    with costs("job: uninstall applied"):
        run("shops-apply_webhook")


def test_installation(api: httpx2.Client, shopify: ShopifySandbox, costs: Callable[[str], Any]) -> None:
    shop = f"{ids.new()}.myshopify.com"
    with costs("installation started"):
        start_response = api.get("/shopify/studio/auth", params={"shop": shop})
    callback = httpx2.URL(httpx2.get(start_response.headers["location"]).headers["location"])
    with costs("installation completed (OAuth callback)"):
        api.get(httpx2.URL(path=callback.path, query=callback.query))
    with costs("job: webhooks registered"):
        run("shops-register_webhooks")
    webhook_registration.reconcile_installations(
        ScheduledRun(clock.now(), clock.now(), Lease("schedule/shops-reconcile_installations", "holder", 1, None))
    )
    with costs("job: webhooks reconciled"):
        run("shops-register_webhooks")


def test_studio(gallery: Gallery, costs: Callable[[str], Any]) -> None:
    size = gallery.merchant("GET", f"products/{gallery.product}/sizes").json()["items"][0]["uuid"]
    shop_identity.names.forget()
    with costs("upload, a process's first request of a shop in five minutes"):
        gallery.shopper("POST", "uploads", {})
    with costs("upload created by a customer"):
        form = gallery.shopper("POST", "uploads", {}).json()
    httpx2.post(form["url"], data=form["fields"], files={"file": PHOTO.read_bytes()})
    with costs("job: upload validated"):
        run("studio-inspect_upload")
    body = gallery.preview_request(form, size_id=size)
    with costs("preview requested (with Idempotency-Key)"):
        response = gallery.shopper("POST", "generations", body, key="k").json()
    with costs("preview polled"):
        gallery.shopper("GET", f"generations/{response['id']}")
    with costs("job: preview made"):
        run("studio-generate_preview")
    body = gallery.shopper("GET", f"generations/{response['id']}").json()
    gallery.shopify.deliver("studio", gallery.shop, "orders/paid", gallery.order(body["line_item_property"]))
    with costs("job: paid order with one line applied"):
        run("studio-apply_order_change")
    with costs("job: print made"):
        run("studio-make_final")
    guest = partial(gallery.guest, "POST", address="203.0.113.7")
    with costs("upload created by a guest"):
        guest_form = guest("uploads", {}).json()
    httpx2.post(guest_form["url"], data=guest_form["fields"], files={"file": PHOTO.read_bytes()})
    assert gallery.drain() == []
    guest_body = gallery.preview_request(guest_form, size_id=size)  # it reads the upload
    with costs("preview requested by a guest (with Idempotency-Key)"):
        assert guest("generations", guest_body, key="k").status_code == 202
    for row in Attempt.scan():
        row.update([Attempt.failures.set(1_000)])
    with costs("upload refused: limit per visitor"):
        assert gallery.shopper("POST", "uploads", {}).status_code == 429


def test_retention(costs: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "SEGMENTS", 1)
    monkeypatch.setattr(sweep, "RULES", {"shops/installation_logs": RULES["shops/installation_logs"]})
    for hour in range(100):
        log_of(CUT_OFF.replace(day=1) + timedelta(hours=hour), shop="costs.myshopify.com")
    fire_sweep()
    with costs("job: 100 rows of one month archived and deleted"):
        run("retention-sweep_segment")
    assert stored_logs() == set()


def test_billing(api: httpx2.Client, stripe_sandbox: StripeSandbox, drain: Drain, costs: Callable[[str], Any]) -> None:
    billing.sync_plans()
    member = ids.new()
    billing.register_customer("member", member, "a@example.com", relationship_id=ids.new())
    headers = {"Authorization": f"Bearer {auth.mint(Role.MEMBER, member)}"}
    params = {"plan": "better_together", "success_url": "https://a.b/", "cancel_url": "https://a.b/"}
    stripe_sandbox.hold_events = True  # otherwise some arrive during the next measurement
    try:
        with costs("checkout created (with Idempotency-Key)"):
            start_response = api.post(
                "/v1/billing/checkout", json=params, headers=headers | {"Idempotency-Key": "k"}
            ).json()
        events = {event["type"]: event for event in stripe_sandbox.complete_checkout(start_response["id"])}
    finally:
        stripe_sandbox.hold_events = False
    created = stripe_sandbox.webhook(events["customer.subscription.created"])
    payment_event = stripe_sandbox.webhook(events["invoice.paid"])
    with costs("Stripe's webhook, first delivery"):
        httpx2.post(created.url, content=created.body, headers=created.headers)
    with costs("Stripe's webhook, duplicate"):
        httpx2.post(created.url, content=created.body, headers=created.headers)
    with costs("job: customer.subscription.created applied"):
        run("billing-process_stripe_event")
    drain()
    httpx2.post(payment_event.url, content=payment_event.body, headers=payment_event.headers)
    with costs("job: invoice.paid applied, with its grant"):
        run("billing-process_stripe_event")
    with costs("subscription read"):
        api.get("/v1/billing/subscription", headers=headers)
    with costs("credits read"):
        balance = api.get("/v1/billing/credits", headers=headers)
    assert json.loads(balance.text)["balance"] > 0


def test_analytics(api: httpx2.Client, costs: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    site_cache.forget()
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: noon)
    before = noon - timedelta(days=1)  # the visits of this day are settled
    with costs("site registered"):
        analytics.register_site("store:1", "Shop", origins=["https://a.example"])
    with costs("site registered again, unchanged"):
        key = analytics.register_site("store:1", "Shop", origins=["https://a.example"])
    events = [
        {"id": ids.new(), "type": "page_view", "name": "page_view", "at": clock.iso(before + timedelta(seconds=number))}
        for number in range(10)
    ]
    body = json.dumps({"key": key, "events": events})
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://a.example", "User-Agent": "Mozilla/5.0"}
    with costs("events collected, first of a minute and a day"):
        assert api.post("/v1/analytics/events", content=body, headers=headers).status_code == 202
    with costs("events collected"):
        api.post("/v1/analytics/events", content=body, headers=headers)
    with costs("job: events of one day ingested"):
        run("analytics-ingest_events")
    with costs("schedule: one due day sent"):
        due_days.send_due_days(clock.now())
    with costs("job: day of 10 events computed, from one part"):
        run("analytics-compute_day")
    recomputation.recompute(RecomputationCreate.model_validate({"tenant": "store:1", "from": before.date()}))
    due_days.send_due_days(clock.now())
    with costs("job: day computed again, unchanged"):
        run("analytics-compute_day")
    site_cache.forget()


def test_days_of_a_couple(api: httpx2.Client, drain: Drain, costs: Callable[[str], Any]) -> None:
    one, two = new_couple()
    Relationship(one.relationship_id).update([Relationship.created_at.set(clock.now() - timedelta(days=30))])
    ada, ben, today = MemberClient(api, one.id), MemberClient(api, two.id), clock.today()
    body = {"connection_score": 7, "mood_score": 6, "relationship_satisfaction": 8}

    def check_in(client: MemberClient, days_back: int) -> None:
        response = client.call("PUT", f"checkins/{today - timedelta(days=days_back)}", body)
        assert response.status_code == 200, response.text

    for client, days_back in ((ada, 2), (ben, 2), (ben, 0)):
        check_in(client, days_back)
        assert drain() == []
    with costs("check-in that makes a couple day"):
        check_in(ada, 0)
    site_cache.forget()
    with costs("job: check-in's awards, notice and requests"):
        run("together-react_to_checkin")
    with costs("job: score of a day computed"):
        run("together-score_day")
    check_in(ben, 1)
    assert drain() == []
    with costs("check-in that joins two runs"):
        check_in(ada, 1)
    for number in range(10):
        ada.call("POST", "dates", {"title": f"{number}", "date_value": "2000-02-29", "kind": "other"})
    with costs("dashboard"):
        assert ada.call("GET", "dashboard").status_code == 200
    with costs("insights"):
        assert ada.call("GET", "insights").status_code == 200
    drain()
    site_cache.forget()


def test_accounts(api: httpx2.Client, engine: Engine, drain: Drain, costs: Callable[[str], Any]) -> None:
    person, mailbox = Person(api), Mailbox(engine, drain)
    with costs("sign-up"):
        assert person.sign_up().status_code == 202
    with costs("job: mail about an account sent"):
        run("together-send_notification")
    token = mailbox.token(person.email, "verify")
    assert person.verify(token).status_code == 204
    with costs("sign-in, unknown device"):
        assert person.sign_in().status_code == 201
    with costs("sign-in, known device"):
        assert person.sign_in(device_token=person.tokens["device_token"]).status_code == 201
    with costs("sign-in, wrong password"):
        assert person.sign_in(OTHER_PASSWORD).status_code == 401
    for _ in range(18):
        person.sign_in(device_token=person.tokens["device_token"])
    with costs("sign-in that ends the longest unused session"):
        assert person.sign_in(device_token=person.tokens["device_token"]).status_code == 201
    with costs("session refreshed"):
        api.post("/v1/together/sessions/refresh", json={"refresh_token": person.tokens["refresh_token"]})
    with costs("a member's request (session and row)"):
        assert person.call("GET", "me").status_code == 200
    with costs("a member's request of billing (session)"):
        api.get("/v1/billing/plans", headers={"Authorization": f"Bearer {person.tokens['access_token']}"})


def test_notices_of_members(costs: Callable[[str], Any]) -> None:
    user, _ = new_couple(preferences={"quiet": {"start": 0, "end": 0}})
    now = clock.now()
    kind = NotificationKind.PARTNER_ACTIVITY
    notice = Notice(user.id, kind, "cause", "Title", "Body", now, relationship_id=user.relationship_id)
    with costs("notice added"):
        add_notice(notice)
    with costs("schedule: one due notice sent"):
        notice_dispatch.send_due(now, now)
    with costs("job: notice mailed"):
        run("together-send_notification")
    report = EmailReported(event="delivery", email_id="1", recipients=(user.email,), tenant="together", user_id=user.id)
    with costs("job: delivery of an e-mail to a member recorded"):
        mail_failures.record_report(report)
