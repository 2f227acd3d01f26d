"""Shops, their tokens and their comings and goings. Tokens are sealed on the way in, bound to their row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.integrations.shopify import Grant
from chalicelib.kit import clock, ids, secrets
from chalicelib.kit.errors import Conflict
from chalicelib.kit.pages import PageRequest, Slice, take
from chalicelib.kit.tables import Transaction
from chalicelib.shops.errors import ShopNotInstalled
from chalicelib.shops.models import EventType, InstallationLog, Session, Shop, WebhookDelivery
from chalicelib.shops.repository import deliveries, sessions


class Overtaken(Conflict):
    """Another writer was faster; look again."""


def find(shop: str, app: str) -> Shop | None:
    """The app's row of the shop, installed or not, read consistently."""
    try:
        return Shop.get(shop, app, consistent_read=True)
    except Shop.DoesNotExist:
        return None


def get_active(shop: str, app: str) -> Shop:
    """The row of an app that is installed now. Raises ShopNotInstalled."""
    row = find(shop, app)
    if row is None or not row.is_active:
        raise ShopNotInstalled
    return row


def access_token(row: Shop) -> str | None:
    """The row's access token in clear."""
    return secrets.unseal(row.access_token, place(row.shop, row.app, "access_token")) if row.access_token else None


def refresh_token(row: Shop) -> str | None:
    """The row's refresh token in clear."""
    return secrets.unseal(row.refresh_token, place(row.shop, row.app, "refresh_token")) if row.refresh_token else None


def install(shop: str, app: str, grant: Grant, state: str) -> EventType:
    """Write session, shop and log in one transaction: `install`, or `reinstall` if the shop was here before."""
    now = clock.now()
    for _ in range(2):
        is_new = find(shop, app) is None
        event = EventType.INSTALL if is_new else EventType.REINSTALL
        actions = [
            *_token_actions(shop, app, grant, now),
            Shop.is_active.set(True),
            Shop.active_app.set(app),
            Shop.installed_at.set(now),
            Shop.uninstalled_at.remove(),
            Shop.updated_at.set(now),
        ]
        if is_new:
            actions += [Shop.created_at.set(now), Shop.iana_timezone.set("UTC"), Shop.plan_name.set("basic")]
        condition = Shop.shop.does_not_exist() if is_new else Shop.shop.exists()
        try:
            with Transaction() as transaction:
                transaction.update(Shop(shop, app), actions, condition=condition, otherwise=Overtaken())
                transaction.put(sessions.offline(shop, app, grant, state, now))
                transaction.add(_log(shop, app, event, now))
            return event
        except Overtaken:
            continue  # by the very first installation: now it is there
    raise Overtaken


def replace_tokens(row: Shop, grant: Grant) -> None:
    """Write both new tokens at once, unless the shop left or someone else replaced them since `row` was read."""
    now = clock.now()
    actions = [*_token_actions(row.shop, row.app, grant, now), Shop.updated_at.set(now)]
    with Transaction() as transaction:
        transaction.update(Shop(row.shop, row.app), actions, condition=_same_tokens(row), otherwise=Overtaken())
        transaction.put(sessions.offline(row.shop, row.app, grant, "", now))


def drop_tokens(row: Shop) -> None:
    """Forget tokens that Shopify no longer honours, unless they were replaced since `row` was read."""
    with Transaction() as transaction:
        transaction.update(Shop(row.shop, row.app), _no_tokens(), condition=_same_tokens(row), otherwise=Overtaken())


def save_details(shop: str, app: str, details: dict[str, str]) -> None:
    """Write what Shopify says of the shop; its keys are columns. Raises ShopNotInstalled."""
    actions: list[Action] = [getattr(Shop, column).set(value) for column, value in details.items()]
    with Transaction() as transaction:
        transaction.update(
            Shop(shop, app),
            [*actions, Shop.updated_at.set(clock.now())],
            condition=Shop.is_active == True,  # noqa: E712 - a condition, not a comparison
            otherwise=ShopNotInstalled(),
        )


def uninstall(delivery_id: str, shop: str, app: str, triggered_at: datetime) -> Shop | None:
    """Shop inactive, tokens gone, offline session deleted, log and delivery written, in one transaction.

    Answers None; or the row as it stands where the delivery has nothing to end: the app was removed before,
    or came back after `triggered_at`. A shop that never was here counts as removed.
    """
    now = clock.now()
    actions = [
        *_no_tokens(),
        Shop.is_active.set(False),
        Shop.active_app.remove(),
        Shop.uninstalled_at.set(triggered_at),
        Shop.last_triggered_at.set(triggered_at),
        Shop.updated_at.set(now),
    ]
    ends = (Shop.is_active == True) & (Shop.installed_at <= triggered_at)  # noqa: E712
    try:
        with Transaction() as transaction:
            transaction.update(Shop(shop, app), actions, condition=ends, otherwise=Overtaken())
            transaction.delete(Session(sessions.offline_id(shop, app)))
            transaction.add(_log(shop, app, EventType.UNINSTALL, now, {"triggered_at": clock.iso(triggered_at)}))
            transaction.update(WebhookDelivery(delivery_id), deliveries.processed(now))
    except Overtaken as overtaken:
        return overtaken.existing or Shop(shop, app, is_active=False)
    return None


def list_events(shop: str, app: str, page: PageRequest) -> Slice[InstallationLog]:
    """The app's comings and goings in the shop, newest first."""
    rows = InstallationLog.query(
        shop,
        filter_condition=InstallationLog.app == app,
        scan_index_forward=False,
        limit=page.limit,
        last_evaluated_key=page.start,
    )
    return take(rows)


def _same_tokens(row: Shop) -> Any:
    same = Shop.refresh_token == row.refresh_token if row.refresh_token else Shop.refresh_token.does_not_exist()
    return (Shop.is_active == True) & same  # noqa: E712


def _token_actions(shop: str, app: str, grant: Grant, now: datetime) -> list[Action]:
    actions: list[Action] = [
        Shop.access_token.set(secrets.seal(grant.access_token, place(shop, app, "access_token"))),
        Shop.token_expires_at.set(now + timedelta(seconds=grant.expires_in)),
    ]
    if grant.scope:
        actions.append(Shop.scope.set(grant.scope))
    if grant.refresh_token:
        actions.append(Shop.refresh_token.set(secrets.seal(grant.refresh_token, place(shop, app, "refresh_token"))))
    if grant.refresh_token_expires_in:
        actions.append(Shop.refresh_token_expires_at.set(now + timedelta(seconds=grant.refresh_token_expires_in)))
    return actions


def _no_tokens() -> list[Action]:
    columns = (Shop.access_token, Shop.refresh_token, Shop.token_expires_at, Shop.refresh_token_expires_at)
    return [column.remove() for column in columns]


def place(shop: str, app: str, column: str) -> str:
    """What a token of this row is sealed for."""
    return f"shops/{shop}/{app}/{column}"


def _log(shop: str, app: str, event: EventType, now: datetime, metadata: Any = None) -> InstallationLog:
    return InstallationLog(
        shop=shop, id=ids.time_ordered(), app=app, event_type=event, metadata=metadata, created_at=now
    )
