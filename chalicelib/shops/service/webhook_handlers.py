"""Handlers of stored webhooks that change an installation, or that need more than their payload."""

from __future__ import annotations

from datetime import datetime, timedelta

from chalicelib.integrations.shopify.errors import AccessDenied, ShopUnavailable
from chalicelib.kit import logs
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.messages import publish
from chalicelib.shops import evidence
from chalicelib.shops.errors import InstallationNotFound
from chalicelib.shops.evidence import Evidence
from chalicelib.shops.gids import gid
from chalicelib.shops.models import DeliveryStatus, Shop, WebhookDelivery
from chalicelib.shops.repository import availability, deliveries, details, installations, sessions
from chalicelib.shops.repository.session_evidence import evidence_of
from chalicelib.shops.schemas.messages import (
    DeliveryReceived,
    PrivacyRequested,
    PrivacyTopic,
    ScopesUpdated,
    ShopUninstalled,
    ShopUpdated,
)
from chalicelib.shops.schemas.orders import OrderEdited
from chalicelib.shops.service.admin import open_admin_api
from chalicelib.shops.service.order_queries import fetch_order
from chalicelib.shops.service.payload_storage import load_payload
from chalicelib.shops.service.token_check import is_token_accepted
from chalicelib.shops.service.webhook_payloads import (
    parse_edited_order_number,
    parse_granted_scopes,
    parse_shop_details,
)

POSTPONED_SECONDS = 300
"""Delay of a doubtful uninstall. An open page renews its session token every minute, so a merchant who uses the app
proves the installation within it."""
NOT_INSTALLED = "the app is not installed"

log = logs.logger("shops")


def apply_delivery(delivery: DeliveryReceived) -> None:
    """Apply a stored delivery, once. Raises KeyError for a topic without a handler."""
    _HANDLERS[delivery.webhook_topic](delivery)


def _uninstall(delivery: DeliveryReceived) -> None:
    """End an installation that was removed. Its tokens are revoked, so Shopify is not called.

    A repeated delivery changes nothing; one older than the newest evidence of the installation is ignored as stale.
    Shopify is called if the delivery has no time, or if only a session token is newer.
    """
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    if _is_undated(delivery) and is_token_accepted(shop, app):
        deliveries.mark_ignored(delivery.delivery_id, "stale: it has no time, and Shopify accepts the app's token")
        log.info("uninstall without a time ignored: Shopify accepts the token", extra={"shop": shop, "app": app})
        return
    tolerance = timedelta(0) if delivery.attempt == 1 else evidence.CLOCK_SKEW
    row = installations.end_installation(delivery.delivery_id, shop, app, triggered_at, tolerance)
    if row is not None and not _was_applied(delivery):
        if row.is_active and _postpone_if_doubtful(delivery, evidence_of(row)):
            return
        reason = "stale: older than the newest evidence of the installation" if row.is_active else NOT_INSTALLED
        deliveries.mark_ignored(delivery.delivery_id, reason)
        log.info("uninstall ignored", extra={"shop": shop, "app": app, "why": reason})
        return
    # Repeated if the delivery was applied before, even if the shop was reinstalled since: the process may have crashed
    # between commit and publish.
    sessions.delete_created_until(shop, app, triggered_at)
    publish(ShopUninstalled(message_id=delivery.delivery_id, shop=shop, app=app, uninstalled_at=triggered_at))


def _postpone_if_doubtful(delivery: DeliveryReceived, known: Evidence) -> bool:
    """Postpone, once, an uninstall that only a session token of the same seconds contradicts. Returns whether it did.

    A removal has revoked the tokens that were granted before it. They are checked and deleted here, so that the
    merchant's next request exchanges its session token: the new grant then decides.
    """
    if not evidence.are_tokens_revoked(known, delivery.triggered_at):
        return False
    is_doubtful = delivery.attempt == 1 and evidence.is_removal_doubtful(known, delivery.triggered_at)
    try:
        is_accepted = is_token_accepted(delivery.shop, delivery.app)
    except Unavailable:
        if is_doubtful:
            raise
        return False  # a check of the token follows the merchant's next request
    if is_accepted or not is_doubtful:
        return False
    publish(delivery.model_copy(update={"attempt": 2}), delay_seconds=POSTPONED_SECONDS)
    log.info("uninstall postponed: a session token is as new", extra={"shop": delivery.shop, "app": delivery.app})
    return True


def _is_undated(delivery: DeliveryReceived) -> bool:
    """Return whether a delivery that was not applied yet has no event time, and therefore may be old."""
    return _get_row(delivery).triggered_at is None and not _was_applied(delivery)


def _update_shop(delivery: DeliveryReceived) -> None:
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    columns = parse_shop_details(load_payload(_get_row(delivery)))
    try:
        is_newest = details.save_details(shop, app, columns, triggered_at)
    except InstallationNotFound:
        return deliveries.mark_ignored(delivery.delivery_id, NOT_INSTALLED)
    if not is_newest:
        return deliveries.mark_ignored(delivery.delivery_id, "stale: a newer one was applied")
    details_without_email = {name: value for name, value in columns.items() if name != "email"}
    publish(
        ShopUpdated(
            message_id=delivery.delivery_id, shop=shop, app=app, triggered_at=triggered_at, **details_without_email
        )
    )
    return deliveries.mark_processed(delivery.delivery_id)


def _update_scopes(delivery: DeliveryReceived) -> None:
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    scopes = parse_granted_scopes(load_payload(_get_row(delivery)))
    try:
        row = installations.get_active(shop, app)
        is_newest = details.save_granted_scope(row, ",".join(scopes), triggered_at)
    except InstallationNotFound:
        return deliveries.mark_ignored(delivery.delivery_id, NOT_INSTALLED)
    if not is_newest:
        return deliveries.mark_ignored(delivery.delivery_id, "stale: a newer one was applied")
    publish(
        ScopesUpdated(message_id=delivery.delivery_id, shop=shop, app=app, scopes=scopes, triggered_at=triggered_at)
    )
    return deliveries.mark_processed(delivery.delivery_id)


def _edit_order(delivery: DeliveryReceived) -> None:
    """Fetch the order and publish its present state; the payload only describes the edit."""
    shop, app, triggered_at = delivery.shop, delivery.app, delivery.triggered_at
    number = parse_edited_order_number(load_payload(_get_row(delivery)))
    try:
        order = fetch_order(open_admin_api(shop, app), gid("Order", number))
    except InstallationNotFound:
        return deliveries.mark_ignored(delivery.delivery_id, f"{NOT_INSTALLED}, or its tokens are revoked")
    except ShopUnavailable as error:
        if not availability.note_missed(shop, app, triggered_at):
            raise  # it was taken up concurrently
        # The registration that takes the shop up requests a backfill.
        return deliveries.mark_ignored(delivery.delivery_id, f"the shop is unavailable ({error.status})")
    except AccessDenied:
        return deliveries.mark_ignored(delivery.delivery_id, "the app may not read orders")
    if order is None:
        return deliveries.mark_ignored(delivery.delivery_id, "the order does not exist any more")
    edited = OrderEdited(message_id=delivery.delivery_id, shop=shop, app=app, triggered_at=triggered_at, **order.fields)
    publish(edited)
    return deliveries.mark_processed(delivery.delivery_id)


def _redact_shop(delivery: DeliveryReceived) -> None:
    """Request the erasure of the shop unless the app is installed: Shopify sends the topic 48 hours after the removal.

    If `app/uninstalled` was never delivered, this ends the installation.
    """
    shop, app = delivery.shop, delivery.app
    removed_at = delivery.triggered_at - evidence.REDACTED_AFTER
    row = installations.find(shop, app)
    if row is not None and row.is_active:
        row = None if _is_installed_after(row, removed_at) else _end_unreported_removal(delivery, removed_at)
        if row is None or row.is_active:
            deliveries.mark_ignored(delivery.delivery_id, "the app was reinstalled")
            log.info("shop not erased: the app was reinstalled", extra={"shop": shop, "app": app})
            return
    if row is not None and row.uninstalled_at == removed_at:
        sessions.delete_created_until(shop, app, removed_at)
        publish(ShopUninstalled(message_id=delivery.delivery_id, shop=shop, app=app, uninstalled_at=removed_at))
    request = PrivacyRequested(
        message_id=delivery.delivery_id,
        shop=delivery.shop,
        app=delivery.app,
        request=PrivacyTopic.SHOP_REDACT,
        triggered_at=delivery.triggered_at,
    )
    publish(request)
    deliveries.mark_processed(delivery.delivery_id)


def _is_installed_after(row: Shop, removed_at: datetime) -> bool:
    """Return whether there is evidence of the installation after `removed_at`, or Shopify accepts the token now."""
    return evidence_of(row).newest_at > removed_at or is_token_accepted(row.shop, row.app)


def _end_unreported_removal(delivery: DeliveryReceived, removed_at: datetime) -> Shop:
    """End an installation whose `app/uninstalled` was never delivered. Returns the row afterwards."""
    installations.end_installation(delivery.delivery_id, delivery.shop, delivery.app, removed_at)
    return installations.find(delivery.shop, delivery.app) or Shop(delivery.shop, delivery.app, is_active=False)


def _was_applied(delivery: DeliveryReceived) -> bool:
    row = _get_row(delivery)
    return row.status is DeliveryStatus.PROCESSED and row.error_message is None


def _get_row(delivery: DeliveryReceived) -> WebhookDelivery:
    return deliveries.get(delivery.delivery_id)


_HANDLERS = {
    "app/uninstalled": _uninstall,
    "app/scopes_update": _update_scopes,
    "shop/update": _update_shop,
    "orders/edited": _edit_order,
    PrivacyTopic.SHOP_REDACT: _redact_shop,
}
