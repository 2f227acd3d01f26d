"""Registration of webhook subscriptions, after an installation and in every reconciliation; also syncs shop details.

Shopify deletes a subscription that failed for four hours, so a missing one means that deliveries were missed. Once a
day, a registration also tests whether an unavailable shop is available again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.integrations.shopify.errors import ShopUnavailable
from chalicelib.kit import clock, logs
from chalicelib.kit.errors import WriteConflict
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.messages import publish, publish_many
from chalicelib.kit.steps import run_all
from chalicelib.shops import apps, availability, scopes
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.metrics import SUBSCRIPTIONS_MISSING, TOPICS_REFUSED
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import availability as shop_availability
from chalicelib.shops.repository import deliveries, details, installations
from chalicelib.shops.repository.shop_domains import stored_name
from chalicelib.shops.schemas.messages import BackfillRequested, RegistrationRequested, ShopInstalled
from chalicelib.shops.service import shop_identity, webhook_subscriptions
from chalicelib.shops.service.admin import AdminApi, open_admin_api
from chalicelib.shops.service.webhook_subscriptions import SubscriptionRefused
from chalicelib.shops.shop_names import ShopIdentity

_DETAILS = """
query Details { shop { id myshopifyDomain name email currencyCode ianaTimezone plan { publicDisplayName } } }"""
_SCOPES = """
query Scopes { currentAppInstallation { accessScopes { handle } } }"""

RETRY_PERIOD = timedelta(hours=4)
"""How long Shopify retries a delivery before it deletes the subscription."""

CLOCK_DIFFERENCE = timedelta(minutes=1)
"""Maximum time by which Shopify's clock may be behind ours. Shopify's times have whole seconds."""

BACKFILL_DELAY = 300
"""Seconds until the backfill starts; by then the subscriptions exist, or a retry has requested it a second time."""
log = logs.logger("shops")


def reconcile_installations(run: ScheduledRun) -> None:
    """Publish a registration request for every active installation; for an unavailable shop once a day.

    A backfill starts RETRY_PERIOD before the last completed run: Shopify had given up older deliveries by then, and
    that run found their subscriptions missing.
    """
    since, now = run.last_completed and run.last_completed - RETRY_PERIOD, clock.now()
    for app in apps.iterate_configured_apps():
        rows = installations.iterate_active(app.handle)
        due = (row for row in rows if availability.is_probe_due(row.unavailable_since, row.probed_at, now))
        publish_many(RegistrationRequested(shop=row.shop, app=row.app, since=since) for row in due)


def register_webhooks(request: RegistrationRequested) -> None:
    """Announce a new installation, then sync webhooks, details and scopes. The steps are independent.

    Idempotent. A topic that Shopify refuses is stored and is not a failure. Does nothing if the app is not installed
    any more. Does nothing for an unavailable shop, and takes it up once it is available. Raises SubscriptionRefused,
    ShopifyThrottled, ShopifyUnavailable.
    """
    context = {"shop": request.shop, "app": request.app}
    try:
        row, requested_at = installations.get_active(request.shop, request.app), clock.now()
        _publish_installation(request, row)
        admin = open_admin_api(row.shop, row.app, is_probe=True)
        run_all(
            partial(_sync_webhooks, admin, row, request),
            partial(_sync_details, admin, row, requested_at),
            partial(_sync_scopes, admin, row, requested_at),
        )
    except InstallationNotFound:
        log.info("webhooks not registered: the app is not installed, or its tokens are revoked", extra=context)
    except ShopUnavailable as error:
        log.warning("webhooks not registered: the shop is unavailable", extra={**context, "why": str(error)})


def _publish_installation(request: RegistrationRequested, row: Shop) -> None:
    """Publish ShopInstalled for the request's installation, or for one whose own request was lost."""
    event, installed_at = request.event, request.installed_at or row.installed_at
    if event is None and row.registered_at is None:
        event = "install" if row.created_at >= row.installed_at else "reinstall"
    if event is not None:
        message_id = f"{row.app}/{row.shop}/{clock.iso(installed_at)}"
        publish(ShopInstalled(message_id=message_id, shop=row.shop, app=row.app, event=event))


def _sync_webhooks(admin: AdminApi, row: Shop, request: RegistrationRequested) -> None:
    """Request the backfills that are due, create missing subscriptions, store the refused topics.

    Raises SubscriptionRefused at the end if Shopify refused anything but a topic.

    A backfill is published before what shows that it is due is changed, so that a crash in between loses none. The delay
    lets the subscriptions be created first, so that no event is lost; consumers deduplicate events published twice.
    """
    present = webhook_subscriptions.list_subscriptions(admin)
    noted: dict[str, dict[str, str]] = row.refused_topics or {}
    missing = webhook_subscriptions.missing_topics(row.app, present)
    _backfill_lost_topics(row, request, missing - noted.keys())
    _take_up(row)
    refusals = webhook_subscriptions.sync_subscriptions(admin, present)
    unknown = {topic: note for topic, note in noted.items() if topic in refusals.failed}
    refused = {topic: note["reason"] for topic, note in unknown.items()} | refusals.topics
    _backfill_granted_topics(row, {topic: note for topic, note in noted.items() if topic not in refused})
    _note_refused_topics(row, noted, refused)
    if refusals.failed:
        raise SubscriptionRefused("; ".join(refusals.failed.values()))
    if row.registered_at is None:
        installations.mark_registered(row)


def _backfill_lost_topics(row: Shop, request: RegistrationRequested, lost: set[str]) -> None:
    """Request a backfill of the time in which earlier subscriptions were missing."""
    if row.registered_at is None or not lost:
        return
    SUBSCRIPTIONS_MISSING.count(app=row.app)
    context = {"shop": row.shop, "app": row.app, "topics": sorted(lost)}
    log.warning("webhook subscriptions missing: backfill requested", extra=context)
    last = _newest_event_time(row) - RETRY_PERIOD
    _request_backfill(row, min(last, request.since or last))


def _take_up(row: Shop) -> None:
    """Request a backfill of the time in which the shop was unavailable, then mark it as available.

    Raises WriteConflict if another job changed the shop's row concurrently; the message is then retried.
    """
    if row.unavailable_since is None:
        return
    first = min(row.unavailable_since, _newest_event_time(row)) - RETRY_PERIOD
    _request_backfill(row, min(first, row.missed_since or first))
    if not shop_availability.mark_available(row):
        raise WriteConflict
    log.info("shop taken up: it is available again", extra={"shop": row.shop, "app": row.app})


def _backfill_granted_topics(row: Shop, granted: dict[str, dict[str, str]]) -> None:
    """Request a backfill of the time in which Shopify refused the topics that it now grants."""
    if granted:
        _request_backfill(row, min(clock.parse(note["since"]) for note in granted.values()) - CLOCK_DIFFERENCE)


def _request_backfill(row: Shop, since: datetime) -> None:
    for kind in ("orders", "products"):
        publish(BackfillRequested(shop=row.shop, app=row.app, kind=kind, since=since), delay_seconds=BACKFILL_DELAY)


def _newest_event_time(row: Shop) -> datetime:
    """Return the time of the newest delivered event.

    Without a stored delivery, returns the time of the installation, or the start of the deliveries' retention period.
    """
    last = deliveries.find_newest_event_time(row.shop, row.app)
    return last or max(row.installed_at, clock.now() - deliveries.KEEP)


def _note_refused_topics(row: Shop, noted: dict[str, dict[str, str]], refused: dict[str, str]) -> None:
    """Store the refused topics if they differ from those stored; a topic keeps the time of its first refusal."""
    now = clock.iso(clock.now())
    notes = {
        topic: {"reason": reason, "since": noted.get(topic, {}).get("since", now)} for topic, reason in refused.items()
    }
    if refused:
        TOPICS_REFUSED.count(len(refused), app=row.app)
        log.info("webhook topics refused", extra={"shop": row.shop, "app": row.app, "topics": refused})
    if notes != noted:
        installations.save_refused_topics(row, notes)


def _sync_details(admin: AdminApi, row: Shop, requested_at: datetime) -> None:
    shop = admin.graphql(_DETAILS)["shop"]
    _sync_identity(row, shop_identity.parse_identity(shop, requested_at))
    details.save_details(admin.shop, admin.app, _parse_details(shop), requested_at)


def _sync_identity(row: Shop, identity: ShopIdentity | None) -> None:
    """Store the shop's id and a new domain. Raises WriteConflict if another process has changed them."""
    name = stored_name(row)
    if identity is None or (name.shopify_id == identity.shopify_id and name.is_current(identity.domain)):
        return
    found = shop_identity.find_identified(row.app, name.present_domain, identity)
    if found.shop == row.shop:
        shop_identity.save_identity(row.app, found)
    else:
        log.error("two installations of one shop", extra={"shop": row.shop, "app": row.app, "other": found.shop})


def _sync_scopes(admin: AdminApi, row: Shop, requested_at: datetime) -> None:
    installation = admin.graphql(_SCOPES)["currentAppInstallation"]
    details.save_granted_scope(row, _parse_scope(row, installation), requested_at)


def _parse_details(shop: dict[str, Any]) -> dict[str, str | None]:
    return {
        "shop_name": shop["name"],
        "email": shop["email"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "plan_name": (shop["plan"] or {}).get("publicDisplayName"),
    }


def _parse_scope(row: Shop, installation: dict[str, Any]) -> str:
    """Return the scopes, separated by commas; in the stored spelling unless they have changed."""
    granted = {scope["handle"] for scope in installation["accessScopes"]}
    return row.scope if row.scope and scopes.parse_scopes(row.scope) == granted else ",".join(sorted(granted))
