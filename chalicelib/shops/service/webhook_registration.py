"""Registration of webhook subscriptions, after an installation and in every reconciliation; also syncs shop details.

Shopify deletes a subscription that failed for four hours, so a missing one means that deliveries were missed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from chalicelib.integrations.shopify.errors import ShopifyRefused
from chalicelib.kit import clock, config, logs
from chalicelib.kit.jobs import ScheduledRun
from chalicelib.kit.messages import publish, publish_many
from chalicelib.shops import apps, scopes
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.metrics import SUBSCRIPTIONS_MISSING
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import deliveries, details, installations
from chalicelib.shops.schemas.messages import BackfillRequested, RegistrationRequested, ShopInstalled
from chalicelib.shops.service.admin import UNAVAILABLE_SHOP_STATUSES, AdminApi, open_admin_api

_STATE = """
query State {
  shop { name email currencyCode ianaTimezone plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } }
  webhookSubscriptions(first: 100) { nodes { id topic uri } }
}"""
_SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri, format: JSON}) {
    userErrors { field message }
  }
}"""
_UNSUBSCRIBE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { userErrors { field message } }
}"""

RETRY_PERIOD = timedelta(hours=4)
"""How long Shopify retries a delivery before it deletes the subscription."""

BACKFILL_DELAY = 300
"""Seconds until the backfill starts; by then the subscriptions exist, or a retry has requested it a second time."""
log = logs.logger("shops")


class SubscriptionRefused(RuntimeError):
    """Shopify refused a webhook subscription; the message has the reason."""


def reconcile_installations(run: ScheduledRun) -> None:
    """Publish a registration request for every active installation.

    A backfill starts RETRY_PERIOD before the last completed run: Shopify had given up older deliveries by then, and
    that run found their subscriptions missing.
    """
    since = run.last_completed and run.last_completed - RETRY_PERIOD
    for app in apps.iterate_configured_apps():
        shops = installations.iterate_active(app.handle)
        publish_many(RegistrationRequested(shop=row.shop, app=row.app, since=since) for row in shops)


def register_webhooks(request: RegistrationRequested) -> None:
    """Announce a new installation, create missing webhook subscriptions, delete obsolete ones, sync details and scopes.

    Idempotent. Does nothing if the app is not installed any more. Raises SubscriptionRefused, ShopifyThrottled,
    ShopifyUnavailable.
    """
    context = {"shop": request.shop, "app": request.app}
    try:
        row, requested_at = installations.get_active(request.shop, request.app), clock.now()
        _publish_installation(request, row)
        admin = open_admin_api(row.shop, row.app)
        state = admin.graphql(_STATE)
        subscriptions = state["webhookSubscriptions"]["nodes"]
        _request_backfill(request, row, _missing_topics(admin.app, subscriptions))
        _sync_subscriptions(admin, subscriptions)
        details.save_details(row.shop, row.app, _parse_details(state["shop"]), requested_at)
        details.save_scope(row.shop, row.app, _parse_scope(row, state["currentAppInstallation"]), requested_at)
    except InstallationNotFound:
        log.info("webhooks not registered: the app is not installed, or its tokens are revoked", extra=context)
        return
    except ShopifyRefused as error:
        if error.status not in UNAVAILABLE_SHOP_STATUSES:
            raise
        log.warning("webhooks not registered: the shop is unavailable", extra={**context, "why": str(error)})
        return
    if row.registered_at is None:
        installations.mark_registered(row)


def _publish_installation(request: RegistrationRequested, row: Shop) -> None:
    """Publish ShopInstalled for the request's installation, or for one whose own request was lost."""
    event, installed_at = request.event, request.installed_at or row.installed_at
    if event is None and row.registered_at is None:
        event = "install" if row.created_at >= row.installed_at else "reinstall"
    if event is not None:
        message_id = f"{row.app}/{row.shop}/{clock.iso(installed_at)}"
        publish(ShopInstalled(message_id=message_id, shop=row.shop, app=row.app, event=event))


def _request_backfill(request: RegistrationRequested, row: Shop, missing: set[str]) -> None:
    """Request a backfill of the time in which subscriptions were missing.

    It is published before they are created: after a crash in between, no subscription is missing any more. The delay
    lets them be created first, so that no event is lost; consumers deduplicate events that are published twice.
    """
    if row.registered_at is None or not missing:
        return
    since = _backfill_start(request, row)
    SUBSCRIPTIONS_MISSING.count(app=row.app)
    context = {"shop": row.shop, "app": row.app, "topics": sorted(missing)}
    log.warning("webhook subscriptions missing: backfill requested", extra=context)
    for kind in ("orders", "products"):
        backfill = BackfillRequested(shop=row.shop, app=row.app, kind=kind, since=since)
        publish(backfill, delay_seconds=BACKFILL_DELAY)


def _backfill_start(request: RegistrationRequested, row: Shop) -> datetime:
    """Return the time from which events may have been missed: RETRY_PERIOD before the last delivered one, or earlier.

    A shop without a stored delivery had none since its installation, or for as long as deliveries are stored.
    """
    last = deliveries.find_newest_event_time(row.shop, row.app)
    start = (last or max(row.installed_at, clock.now() - deliveries.KEEP)) - RETRY_PERIOD
    return min(start, request.since or start)


def _sync_subscriptions(admin: AdminApi, subscriptions: list[dict[str, Any]]) -> None:
    """Create missing subscriptions, and delete ours that are obsolete. Raises SubscriptionRefused."""
    uri, topics = _webhook_url(admin.app), _required_topics(admin.app)
    missing = _missing_topics(admin.app, subscriptions)
    errors = [error for topic in sorted(missing) if (error := _subscribe(admin, topic, uri))]
    for node in subscriptions:
        is_ours = urlsplit(node["uri"]).path.endswith(f"/webhooks/shopify/{admin.app}")
        if is_ours and (node["uri"] != uri or node["topic"] not in topics):
            admin.graphql(_UNSUBSCRIBE, id=node["id"])
    if errors:
        raise SubscriptionRefused("; ".join(errors))


def _subscribe(admin: AdminApi, topic: str, uri: str) -> str | None:
    """Create a subscription. Returns Shopify's error, or None."""
    result = admin.graphql(_SUBSCRIBE, topic=topic, uri=uri)
    errors = [error["message"] for error in result["webhookSubscriptionCreate"]["userErrors"]]
    if all("already been taken" in message for message in errors):  # by a concurrent run
        return None
    return f"{topic}: {'; '.join(errors)}"


def _webhook_url(app: str) -> str:
    return f"{config.settings().public_url}/webhooks/shopify/{app}"


def _required_topics(app: str) -> set[str]:
    return {_topic_enum(topic) for topic in apps.get_app(app).topics}


def _missing_topics(app: str, subscriptions: list[dict[str, Any]]) -> set[str]:
    """Return the app's topics without a subscription to our URL."""
    return _required_topics(app) - {node["topic"] for node in subscriptions if node["uri"] == _webhook_url(app)}


def _parse_details(shop: dict[str, Any]) -> dict[str, str]:
    return {
        "shop_name": shop["name"],
        "email": shop["email"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "plan_name": shop["plan"]["publicDisplayName"],
    }


def _parse_scope(row: Shop, installation: dict[str, Any]) -> str:
    """Return the scopes, separated by commas; in the stored spelling unless they have changed."""
    granted = {scope["handle"] for scope in installation["accessScopes"]}
    return row.scope if row.scope and scopes.parse_scopes(row.scope) == granted else ",".join(sorted(granted))


def _topic_enum(topic: str) -> str:
    """Return the GraphQL name of a topic: `ORDERS_PAID` for `orders/paid`."""
    return topic.replace("/", "_").upper()
