from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.analytics.models import Campaign
from chalicelib.analytics.schemas.campaigns import CampaignCreate, CampaignRead
from chalicelib.analytics.service import campaign_results, campaigns
from chalicelib.kit import clock, tombstones
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.pagination import PageRequest
from tests.analytics.collection_factories import queued_events
from tests.analytics.event_factories import TENANT, LakeEvent, lake_event, store

SENT = "2026-03-20"


@pytest.fixture
def campaign(week_clock: Any) -> CampaignRead:
    body = CampaignCreate(name="Spring", cost=Decimal(10), sent_at=datetime.fromisoformat(f"{SENT}T08:00:00Z"))
    return campaigns.create_campaign(TENANT, body, None)


def email(name: str, at: str, user_id: str | None = "u", **data: Any) -> LakeEvent:
    return lake_event(
        at, type="system", name=f"email_{name}", visitor=None, user_id=user_id, data=json.dumps(data, sort_keys=True)
    )


def purchase(at: str, value: str | None = "20", **columns: Any) -> LakeEvent:
    event = {"type": "conversion", "name": "order", "user_id": "u", "visitor": None, "currency": "EUR", **columns}
    return lake_event(at, **event) | {"value": value}


def results(campaign_id: str) -> CampaignRead:
    return CampaignRead.of(Campaign.get(campaign_id))


def test_recipients_count_once_and_rates_follow(campaign: CampaignRead, compute_due_days: Callable[[], int]) -> None:
    own = {"campaign_id": campaign.campaign_id}
    store(
        [
            email("sent", f"{SENT} 10:00", **own),
            email("sent", f"{SENT} 10:00", None, recipient="h1", **own),
            email("delivered", f"{SENT} 10:01", **own),
            email("delivered", f"{SENT} 10:01", None, recipient="h1", **own),
            email("opened", f"{SENT} 10:02", **own),
            email("opened", "2026-03-21 10:02", **own),
            email("clicked", "2026-03-21 10:03", **own),
            email("bounced", f"{SENT} 10:01", None, recipient="h2", **own),
            email("complained", f"{SENT} 11:00", **own),
            email("unsubscribed", f"{SENT} 11:00", None, recipient="h1", **own),
            email("opened", f"{SENT} 11:00", "other", campaign_id="another"),
            purchase("2026-03-22 10:00"),
            purchase("2026-03-23 10:00", type="payment", name="payment_succeeded"),
            purchase("2026-03-23 10:00", type="payment", name="payment_failed"),
        ]
    )
    compute_due_days()
    campaign_results.compute_campaigns(TENANT, date(2026, 3, 28))

    read = results(campaign.campaign_id)
    assert (read.sent, read.delivered, read.unique_opens, read.unique_clicks) == (2, 2, 1, 1)
    assert (read.bounces, read.complaints, read.unsubscribes) == (1, 1, 1)
    assert (read.conversions, read.revenue, read.currency) == (1, Decimal(40), "EUR")
    assert (read.open_rate, read.conversion_rate, read.roi) == (Decimal("0.5"), Decimal("0.5"), Decimal(3))
    before = Campaign.get(campaign.campaign_id).attribute_values
    campaign_results.compute_campaigns(TENANT, date(2026, 3, 29))
    assert Campaign.get(campaign.campaign_id).attribute_values == before


@pytest.mark.parametrize(
    ("clicked", "bought", "is_counted"),
    [
        ("2026-03-20 10:00", "2026-03-27 10:00", True),
        ("2026-03-20 10:00", "2026-03-27 10:01", False),
        ("2026-03-20 10:00", "2026-03-20 09:59", False),
        ("2026-03-20 10:00", "2026-03-20 10:00", True),
    ],
)
def test_purchases_count_for_seven_days_after_a_click(
    campaign: CampaignRead, compute_due_days: Callable[[], int], clicked: str, bought: str, is_counted: bool
) -> None:
    store(
        [email("clicked", clicked, campaign_id=campaign.campaign_id), purchase(bought), purchase(bought, user_id="x")]
    )
    compute_due_days()
    campaign_results.compute_campaigns(TENANT, date(2026, 3, 28))

    read = results(campaign.campaign_id)
    assert (read.conversions, read.revenue) == ((1, Decimal(20)) if is_counted else (0, Decimal(0)))


def test_free_campaign_has_no_roi_and_an_unsent_one_no_rates(week_clock: Any) -> None:
    read = campaigns.create_campaign(TENANT, CampaignCreate(name="Free"), None)
    assert (read.roi, read.open_rate, read.click_rate, read.conversion_rate) == (None, None, None, None)


def test_campaign_is_computed_for_37_days(campaign: CampaignRead, compute_due_days: Callable[[], int]) -> None:
    store([email("opened", f"{SENT} 10:00", campaign_id=campaign.campaign_id)])
    compute_due_days()
    campaign_results.compute_campaigns(TENANT, date(2026, 4, 28))
    assert results(campaign.campaign_id).unique_opens == 0
    campaign_results.compute_campaigns(TENANT, date(2026, 4, 26))
    assert results(campaign.campaign_id).unique_opens == 1


def test_another_tenants_events_do_not_count(campaign: CampaignRead, compute_due_days: Callable[[], int]) -> None:
    store([email("opened", f"{SENT} 10:00", campaign_id=campaign.campaign_id)], "store:2")
    compute_due_days()
    for tenant in (TENANT, "store:2"):
        campaign_results.compute_campaigns(tenant, date(2026, 3, 28))
    assert results(campaign.campaign_id).unique_opens == 0
    assert campaigns.list_campaigns("store:2", PageRequest()).items == []


def report(event: str, **columns: Any) -> EmailReported:
    fields = {"email_id": "m1", "tenant": "store:1", "campaign_id": "c", "recipients": ("Ann@a.example", "b@a.example")}
    return EmailReported(event=event, **{**fields, **columns})


def test_reports_become_events_without_addresses(new_site: Callable[..., Any]) -> None:
    new_site()
    opened = report("open")
    for _ in range(2):
        campaigns.record_email_event(opened)
    campaigns.record_email_event(report("click", user_id="u", link="https://a.example/?token=x"))

    events = [event for message in queued_events() for event in message.events]
    assert [event.name for event in events] == ["email_opened"] * 4 + ["email_clicked"]
    assert len({event.id for event in events}) == 3
    assert [event.user_id for event in events] == [None] * 4 + ["u"]
    recipients = {json.loads(event.data or "").get("recipient") for event in events}
    assert recipients == {campaigns.hash_address("ann@a.example"), campaigns.hash_address("b@a.example"), None}
    assert "example" not in str(events)


@pytest.mark.parametrize(
    "columns",
    [
        {"event": "rendering_failure"},
        {"campaign_id": None},
        {"tenant": None},
        {"tenant": "store:2"},
        {"event": "bounce", "bounce_type": "Transient"},
        {"user_id": "erased", "tenant": "together"},
        {"tenant": "store:erased"},
    ],
)
def test_other_reports_are_dropped(new_site: Callable[..., Any], columns: dict[str, Any]) -> None:
    for tenant in ("store:1", "together", "store:erased"):
        new_site(tenant)
    tombstones.add("member:erased")
    tombstones.add("store:erased")
    campaigns.record_email_event(report(**{"event": "open", **columns}))
    assert queued_events() == []


def test_first_email_sets_when_the_campaign_was_sent(new_site: Callable[..., Any]) -> None:
    new_site()
    row = campaigns.create_campaign("store:1", CampaignCreate(name="Later"), None)
    at = clock.now() + timedelta(minutes=5)
    for minutes in (0, 1):
        message = report("send", campaign_id=row.campaign_id, occurred_at=at + timedelta(minutes=minutes))
        campaigns.record_email_event(message)
    stored = Campaign.get(row.campaign_id)
    assert (stored.sent_at, stored.listed_at) == (at, at)
