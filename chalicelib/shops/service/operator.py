"""Use cases of operators, over HTTP and as operator commands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from chalicelib.kit import audit, clock
from chalicelib.kit.auth import Account
from chalicelib.kit.pagination import PageRequest, PageResult, paginate_in_order
from chalicelib.shops.apps import TOPICS
from chalicelib.shops.errors import AppNotFound, DeliveryNotFound
from chalicelib.shops.models import EventType, InstallationLog, Session
from chalicelib.shops.repository import deliveries, installations
from chalicelib.shops.repository import operator as repository
from chalicelib.shops.schemas.operator import (
    ActiveShopRead,
    DeliveriesQuery,
    DeliveryRead,
    SessionRead,
    TableRead,
    TimelineDayRead,
)
from chalicelib.shops.service import webhook_intake
from chalicelib.shops.service.oauth_install import require_shop_domain
from chalicelib.shops.service.shop_identity import resolve_for_all_apps


def list_active_shops(app: str, page: PageRequest) -> PageResult[ActiveShopRead]:
    """Return a page of shops with the app active, oldest installation first. Raises AppNotFound."""
    return installations.list_by_active_app(_require_known_app(app), page).map(ActiveShopRead.of)


def iterate_active_shops(app: str) -> Iterator[ActiveShopRead]:
    """Yield every shop with the app active once, oldest installation first. Raises AppNotFound."""
    return map(ActiveShopRead.of, repository.iterate_active(_require_known_app(app), clock.now()))


def iterate_timeline(app: str, first: date, last: date) -> Iterator[TimelineDayRead]:
    """Yield every day from `first` to `last` with its installs and uninstalls. Raises AppNotFound."""
    end = _midnight(last + timedelta(days=1))
    events = repository.iterate_events(_require_known_app(app), _midnight(first), end)
    return _count_by_day(events, first, last)


def list_sessions(shop: str, page: PageRequest) -> PageResult[SessionRead]:
    """Return a page of a shop's unexpired sessions of all apps. Raises InvalidShopDomain."""
    return repository.list_sessions(_find_shop(shop), page).map(_session_read)


def iterate_tables() -> Iterator[TableRead]:
    """Yield the size of every table whose context is imported."""
    return map(TableRead.of, map(repository.read_size, repository.table_names()))


def list_tables(page: PageRequest) -> PageResult[TableRead]:
    """Return a page of the sizes of the tables whose contexts are imported, by name; one read per table."""
    return paginate_in_order(repository.table_names(), page, str).map(repository.read_size).map(TableRead.of)


def read_delivery(delivery_id: str) -> DeliveryRead:
    """Return the status of a stored delivery, by its key or webhook id. Raises DeliveryNotFound.

    If several deliveries have the webhook id, returns the one with this key, or else the newest, with the ids of the
    others.
    """
    rows = deliveries.list_by_webhook_id(delivery_id)
    if not rows:
        raise DeliveryNotFound
    first, *others = rows
    return DeliveryRead.of(first).model_copy(update={"same_webhook_id": [row.delivery_id for row in others]})


def list_deliveries(query: DeliveriesQuery, page: PageRequest) -> PageResult[DeliveryRead]:
    """Return the deliveries on one page of a shop's that match the query, newest first. Raises InvalidShopDomain."""
    result = deliveries.list_by_shop(_find_shop(query.shop), page)
    wanted = [
        row for row in result.items if query.status in (None, row.status.value) and query.topic in (None, row.topic)
    ]
    return PageResult([DeliveryRead.of(row) for row in wanted], result.last_key)


def replay_delivery(account: Account, delivery_id: str) -> DeliveryRead:
    """Publish a stored delivery, on behalf of the operator `account`. Raises DeliveryNotFound."""
    read = DeliveryRead.of(webhook_intake.republish_delivery(delivery_id))
    audit.publish_operator_action(
        account, "shops.replay_delivery", delivery_id, shop=read.shop, app=read.app, topic=read.topic
    )
    return read


def _find_shop(text: str) -> str:
    """Return the first domain of the shop that `text` names by any of its domains. Raises InvalidShopDomain."""
    return resolve_for_all_apps(require_shop_domain(text))


def _require_known_app(app: str) -> str:
    if app not in TOPICS:
        raise AppNotFound(f"Unknown app; known apps: {', '.join(TOPICS)}.")
    return app


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _count_by_day(events: Iterator[InstallationLog], first: date, last: date) -> Iterator[TimelineDayRead]:
    days = groupby(events, key=lambda event: event.created_at.date())
    group = next(days, None)
    for n in range((last - first).days + 1):
        day, counts = first + timedelta(days=n), Counter[EventType]()
        if group and group[0] == day:
            counts.update(event.event_type for event in group[1])
            group = next(days, None)
        yield TimelineDayRead(
            day=day,
            installs=counts[EventType.INSTALL],
            reinstalls=counts[EventType.REINSTALL],
            uninstalls=counts[EventType.UNINSTALL],
            scopes_updates=counts[EventType.SCOPES_UPDATE],
        )


def _session_read(row: Session) -> SessionRead:
    return SessionRead(
        id=row.id,
        shop=row.shop,
        app=row.app,
        is_granted=row.access_token is not None,
        is_online=row.is_online,
        user_id=row.user_id,
        scope=row.scope,
        expires=row.expires,
        created_at=row.created_at,
    )
