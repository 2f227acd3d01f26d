"""What operators ask about the shops, and the little that they do to them. The operator commands use the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from chalicelib.kit import audit, clock
from chalicelib.kit.auth import Account
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops.apps import TOPICS
from chalicelib.shops.errors import AppNotFound, DeliveryNotFound
from chalicelib.shops.models import EventType, InstallationLog, Session
from chalicelib.shops.repository import deliveries
from chalicelib.shops.repository import operator as repository
from chalicelib.shops.schemas.operator import ActiveShopRead, DeliveryRead, SessionRead, TableRead, TimelineDayRead
from chalicelib.shops.service import webhook_intake
from chalicelib.shops.service.oauth_install import shop_domain


def list_active_shops(app: str, page: PageRequest) -> PageResult[ActiveShopRead]:
    """The shops that have the app, oldest installation first. Raises UnknownApp."""
    return repository.list_active(_known(app), page).map(ActiveShopRead.of)


def iterate_active_shops(app: str) -> Iterator[ActiveShopRead]:
    """All shops that have the app now, each once, oldest installation first. Raises UnknownApp."""
    return map(ActiveShopRead.of, repository.iterate_active(_known(app), clock.now()))


def iterate_timeline(app: str, first: date, last: date) -> Iterator[TimelineDayRead]:
    """Every day from `first` to `last` with its installs and uninstalls; holds one day at a time. Raises UnknownApp."""
    end = _midnight(last + timedelta(days=1))
    events = repository.iterate_events(_known(app), _midnight(first), end)
    return _by_day(events, first, last)


def list_sessions(shop: str, page: PageRequest) -> PageResult[SessionRead]:
    """The sessions of a shop that are not over, of all apps. Raises InvalidShopDomain."""
    return repository.list_sessions(shop_domain(shop), page).map(_session)


def iterate_tables() -> Iterator[TableRead]:
    """The size of every table that this process knows."""
    return map(TableRead.of, repository.iterate_sizes())


def read_delivery(delivery_id: str) -> DeliveryRead:
    """What became of a recorded delivery. Raises UnknownDelivery."""
    row = deliveries.find(delivery_id)
    if row is None:
        raise DeliveryNotFound
    return DeliveryRead.of(row)


def replay_delivery(account: Account, delivery_id: str) -> DeliveryRead:
    """Hand a recorded delivery on once more, as the operator `account`. Raises UnknownDelivery."""
    read = DeliveryRead.of(webhook_intake.replay(delivery_id))
    audit.publish_operator_action(
        account, "shops.replay_delivery", delivery_id, shop=read.shop, app=read.app, topic=read.topic
    )
    return read


def _known(app: str) -> str:
    if app not in TOPICS:
        raise AppNotFound(f"There is no such app; there are {', '.join(TOPICS)}.")
    return app


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _by_day(events: Iterator[InstallationLog], first: date, last: date) -> Iterator[TimelineDayRead]:
    days = groupby(events, key=lambda event: event.created_at.date())
    told = next(days, None)
    for n in range((last - first).days + 1):
        day, counts = first + timedelta(days=n), Counter[EventType]()
        if told and told[0] == day:
            counts.update(event.event_type for event in told[1])
            told = next(days, None)
        yield TimelineDayRead(
            day=day,
            installs=counts[EventType.INSTALL],
            reinstalls=counts[EventType.REINSTALL],
            uninstalls=counts[EventType.UNINSTALL],
        )


def _session(row: Session) -> SessionRead:
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
