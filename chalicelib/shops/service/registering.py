"""What follows an installation, and is checked again and again: webhook subscriptions, and what Shopify tells of the
shop.

Shopify ends a subscription that failed for four hours, so a missing one says that deliveries were missed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from chalicelib.integrations.shopify import ShopifyRefused
from chalicelib.kit import clock, config, logs, metrics
from chalicelib.kit.jobs import Run
from chalicelib.kit.messages import publish, publish_many
from chalicelib.shops import apps, scopes
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.models import Shop
from chalicelib.shops.repository import deliveries, details, installations
from chalicelib.shops.schemas.messages import RegistrationRequested, ReimportRequested, ShopInstalled
from chalicelib.shops.service.admin import LEFT_ALONE, Admin, admin

_LOOK = """
query Look {
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

RETRIES = timedelta(hours=4)
"""How long Shopify repeats a delivery before it gives up and ends the subscription."""

REIMPORT_DELAY = 300
"""Seconds until what was missed is fetched; by then the subscriptions are made, or it is asked for once more."""
log = logs.logger("shops")


class SubscriptionRefused(RuntimeError):
    """Shopify did not take a webhook subscription; the message says why."""


def reconcile(run: Run) -> None:
    """Ask for every installation to be compared with what Shopify has.

    What was missed is fetched from RETRIES before the last completed run on: a delivery of before that had been
    given up by then, and its subscription been found missing.
    """
    since = run.last_completed and run.last_completed - RETRIES
    for app in apps.configured():
        shops = installations.iterate_active(app.handle)
        publish_many(RegistrationRequested(shop=row.shop, app=row.app, since=since) for row in shops)


def register(request: RegistrationRequested) -> None:
    """Tell of a new installation, make the shop's webhooks what they should be, note its details and scopes.

    Can be run any number of times. A shop that has left meanwhile is left alone. Raises SubscriptionRefused;
    ShopifyThrottled and ShopifyUnavailable where it should be tried later.
    """
    try:
        row, asked_at = installations.get_active(request.shop, request.app), clock.now()
        _tell(request, row)
        shopify = admin(row.shop, row.app)
        found = shopify.graphql(_LOOK)
        subscribed = found["webhookSubscriptions"]["nodes"]
        _fetch_missed(request, row, _missing(shopify.app, subscribed))
        _subscribe_anew(shopify, subscribed)
        details.save_details(row.shop, row.app, _details(found["shop"]), asked_at)
        details.save_scope(row.shop, row.app, _scope(row, found["currentAppInstallation"]), asked_at)
    except ShopNotInstalled:
        facts = {"shop": request.shop, "app": request.app}
        log.info("not registered: the app is not installed any more, or its tokens are dead", extra=facts)
        return
    except ShopifyRefused as error:
        if error.status not in LEFT_ALONE:
            raise
        facts = {"shop": request.shop, "app": request.app, "why": str(error)}
        log.warning("not registered: Shopify lets nobody at this shop now", extra=facts)
        return
    if row.registered_at is None:
        installations.mark_registered(row)


def _fetch_missed(request: RegistrationRequested, row: Shop, missing: set[str]) -> None:
    """Have fetched what happened while subscriptions were missing.

    It is asked for before they are made anew: who dies in between finds none missing any more. The delay lets them be
    made first, so that nothing happens unseen; what is told twice has its effect once.
    """
    if row.registered_at is None or not missing:
        return
    since = _backfill_start(request, row)
    metrics.count("SubscriptionsMissing", app=row.app)
    log.warning("webhooks were missing", extra={"shop": row.shop, "app": row.app, "topics": sorted(missing)})
    for kind in ("orders", "products"):
        request_of_kind = ReimportRequested(shop=row.shop, app=row.app, kind=kind, since=since)
        publish(request_of_kind, delay_seconds=REIMPORT_DELAY)


def _backfill_start(request: RegistrationRequested, row: Shop) -> datetime:
    """Return the moment from which events may have been missed: RETRIES before the last one delivered, or earlier.

    A shop without a stored delivery had none since its installation, or for as long as they are kept.
    """
    last = deliveries.find_last_triggered(row.shop, row.app)
    start = (last or max(row.installed_at, clock.now() - deliveries.KEEP)) - RETRIES
    return min(start, request.since or start)


def _address(app: str) -> str:
    return f"{config.settings().public_url}/webhooks/shopify/{app}"


def _wanted(app: str) -> set[str]:
    return {_as_enum(topic) for topic in apps.get(app).topics}


def _missing(app: str, present: list[dict[str, Any]]) -> set[str]:
    """The topics that Shopify does not tell us of."""
    return _wanted(app) - {node["topic"] for node in present if node["uri"] == _address(app)}


def _subscribe_anew(shopify: Admin, present: list[dict[str, Any]]) -> None:
    """Subscribe to what is missing, and drop what is ours but not wanted any more."""
    uri, wanted = _address(shopify.app), _wanted(shopify.app)
    missing = _missing(shopify.app, present)
    refused = [problem for topic in sorted(missing) if (problem := _subscribe(shopify, topic, uri))]
    for node in present:
        is_ours = urlsplit(node["uri"]).path.endswith(f"/webhooks/shopify/{shopify.app}")
        if is_ours and (node["uri"] != uri or node["topic"] not in wanted):
            shopify.graphql(_UNSUBSCRIBE, id=node["id"])
    if refused:
        raise SubscriptionRefused("; ".join(refused))


def _subscribe(shopify: Admin, topic: str, uri: str) -> str | None:
    """What Shopify has against the subscription, if anything."""
    answer = shopify.graphql(_SUBSCRIBE, topic=topic, uri=uri)
    errors = [error["message"] for error in answer["webhookSubscriptionCreate"]["userErrors"]]
    if all("already been taken" in message for message in errors):  # by a run at the same time
        return None
    return f"{topic}: {'; '.join(errors)}"


def _tell(request: RegistrationRequested, row: Shop) -> None:
    """Let the others hear of the installation that the request follows, or of one whose own request was lost."""
    event, installed_at = request.event, request.installed_at or row.installed_at
    if event is None and row.registered_at is None:
        event = "install" if row.created_at >= row.installed_at else "reinstall"
    if event is not None:
        identity = f"{row.app}/{row.shop}/{clock.iso(installed_at)}"
        publish(ShopInstalled(message_id=identity, shop=row.shop, app=row.app, event=event))


def _details(shop: dict[str, Any]) -> dict[str, str]:
    return {
        "shop_name": shop["name"],
        "email": shop["email"],
        "currency": shop["currencyCode"],
        "iana_timezone": shop["ianaTimezone"],
        "plan_name": shop["plan"]["publicDisplayName"],
    }


def _scope(row: Shop, installation: dict[str, Any]) -> str:
    """As Shopify wrote it, unless it has changed."""
    granted = {scope["handle"] for scope in installation["accessScopes"]}
    return row.scope if row.scope and scopes.parse(row.scope) == granted else ",".join(sorted(granted))


def _as_enum(topic: str) -> str:
    """`orders/paid` as the GraphQL API calls it: `ORDERS_PAID`."""
    return topic.replace("/", "_").upper()
