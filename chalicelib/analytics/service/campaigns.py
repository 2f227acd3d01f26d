"""E-mail campaigns: SES's reports become events. The results are computed in `campaign_results`."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.analytics.domain.users import user_subject
from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.errors import SiteNotFound
from chalicelib.analytics.models import Campaign
from chalicelib.analytics.repository import campaigns
from chalicelib.analytics.schemas.campaigns import CampaignCreate, CampaignRead
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.analytics.service import collection
from chalicelib.kit import clock, ids, logs, tombstones
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.email_reports import EmailReported
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.timed_cache import TimedCache

EVENTS = {
    "send": "email_sent",
    "delivery": "email_delivered",
    "open": "email_opened",
    "click": "email_clicked",
    "bounce": "email_bounced",
    "complaint": "email_complained",
    "subscription": "email_unsubscribed",
}
"""The events of SES that become ours, by SES's name."""
TRANSIENT = "Transient"
"""A bounce after which SES tries again."""

log = logs.logger("analytics")

_known = TimedCache[str, Campaign](timedelta(seconds=60), 100)
"""Campaigns whose e-mails are being sent."""


def record_email_event(message: EmailReported) -> None:
    """Send an event of a campaign's e-mail to the ingest, one for each recipient. A repeated message is the same event.

    Reports without a campaign, about an erased user or a tenant without a site are dropped.
    """
    name = EVENTS.get(message.event)
    if name is None or message.bounce_type == TRANSIENT or not message.campaign_id or not message.tenant:
        return
    campaign_id, tenant, user_id = message.campaign_id, message.tenant, message.user_id
    subject = user_subject(tenant, user_id) if user_id else None
    if tombstones.is_erased(*([subject] if subject else []), tenant):
        return
    recipients = [None] if user_id else [hash_address(address) for address in message.recipients]
    events = [
        TrackedEvent(
            type=CollectedType.SYSTEM,
            name=name,
            at=message.occurred_at,
            user_id=user_id,
            data={"campaign_id": campaign_id, "email_id": message.email_id}
            | ({"recipient": recipient} if recipient else {}),
        )
        for recipient in recipients
    ]
    try:
        collection.track(tenant, events)
    except SiteNotFound:
        log.warning("event of an e-mail dropped: the tenant has no site", extra={"event": name})
        return
    if message.event == "send":
        _mark_sent(tenant, campaign_id, message.occurred_at)


def hash_address(address: str) -> str:
    """Return the name of a recipient without a user id: a keyed hash of the address."""
    return pseudonym(f"email:{address.strip().lower()}")


def create_campaign(tenant: str, body: CampaignCreate, idempotency: Idempotency | None) -> CampaignRead:
    """Create a campaign, whose id the e-mails carry as a tag."""
    now = clock.now()
    row = Campaign(
        ids.new(), tenant=tenant, listed_at=body.sent_at or now, updated_at=now, **body.model_dump(exclude_none=True)
    )
    response = CampaignRead.of(row)
    campaigns.add(row, response, idempotency)
    return response


def list_campaigns(tenant: str, page: PageRequest) -> PageResult[CampaignRead]:
    """Return one page of a tenant's campaigns, the latest first."""
    return campaigns.list_by_tenant(tenant, page).map(CampaignRead.of)


def _mark_sent(tenant: str, campaign_id: str, sent_at: datetime) -> None:
    row = _known.get(campaign_id, lambda: campaigns.find(campaign_id))  # type: ignore[arg-type,return-value]
    if row is not None and row.tenant == tenant and row.sent_at is None:
        campaigns.mark_sent(row, sent_at)
        _known.forget()
