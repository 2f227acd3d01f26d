"""Collect events: validate them, send them to the queue of the ingest, and store nothing but a new day's salt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.analytics.domain import event_moments, visitors
from chalicelib.analytics.domain.events import canonical_json
from chalicelib.analytics.domain.trust import Source, is_allowed_origin
from chalicelib.analytics.domain.user_agents import reduced_user_agent
from chalicelib.analytics.domain.users import TOGETHER
from chalicelib.analytics.enums import CollectedType
from chalicelib.analytics.errors import DailyLimitReached, OriginNotAllowed, UnknownKey
from chalicelib.analytics.models import Site
from chalicelib.analytics.schemas.events import EventsAccepted, EventsCreate, TrackedEvent
from chalicelib.analytics.service import event_intake, site_cache
from chalicelib.analytics.service.event_intake import Receipt, Visitor
from chalicelib.analytics.service.sites import SECRET_PREFIX
from chalicelib.kit import auth, clock, ids, logs, messages
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Forbidden

LIMIT_RETRY_SECONDS = 3600
_NAMESPACE = "5f0c1f7e-7d43-4b3f-9a0e-0c2b8c1d6a55"

log = logs.logger("analytics")


@dataclass(frozen=True, slots=True)
class RequestOrigin:
    """Where a request came from. The address and the user agent never leave the request."""

    token: str | None
    """A member's access token or a site's secret key."""
    origin: str | None
    ip: str = field(repr=False)
    user_agent: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sender:
    """The verified sender of a request."""

    site: Site
    source: Source
    user_id: str | None = None


def collect(request: RequestOrigin, body: EventsCreate) -> EventsAccepted:
    """Validate the events and send the valid ones to the ingest.

    Raises UnknownKey, Unauthenticated, Forbidden, OriginNotAllowed, DailyLimitReached.
    """
    now = clock.now()
    sender = _authenticate(request, body.key)
    site = sender.site
    if site_cache.count_events(site.tenant, event_moments.local_day(now, site.time_zone)) >= site.max_events_per_day:
        raise DailyLimitReached(headers={"Retry-After": str(LIMIT_RETRY_SECONDS)})
    is_server = sender.source is Source.SERVER
    receipt = Receipt(
        source=sender.source,
        time_zone=site.time_zone,
        received=now,
        sent_at=body.sent_at,
        user_id=sender.user_id,
        visitor=None if is_server else _visitor(site, request, now),
    )
    accepted, rejected = event_intake.collect_events(body.events, receipt)
    agent = None if is_server else reduced_user_agent(request.user_agent)
    messages.publish_many(event_intake.split_messages(site.tenant, agent, accepted))
    return EventsAccepted(accepted=len(accepted), rejected=rejected)


def track(tenant: str, events: Iterable[TrackedEvent]) -> EventsAccepted:
    """Send events of another context to the ingest; repeated, the same events count once.

    An invalid event is refused alone and logged. Raises SiteNotFound.
    """
    validated = [TrackedEvent.model_validate(event) for event in events]
    result = import_events(tenant, [event.model_dump(mode="json", exclude_none=True) for event in validated])
    if result.rejected:
        codes = sorted({each.code for each in result.rejected})
        log.warning("events refused", extra={"tenant": tenant, "events": len(result.rejected), "codes": codes})
    return result


def import_events(tenant: str, documents: Sequence[Any]) -> EventsAccepted:
    """Send events, as parsed JSON values, to the ingest with the rights of a server; an invalid one is refused alone.

    An event without an id gets one derived from its fields, so that a repeated event counts once. Raises SiteNotFound.
    """
    site = site_cache.site_of(tenant)
    if not site.is_active:
        return EventsAccepted(accepted=0, rejected=[])
    receipt = Receipt(source=Source.SERVER, time_zone=site.time_zone, received=clock.now())
    accepted, rejected = event_intake.collect_events([_with_id(tenant, each) for each in documents], receipt)
    messages.publish_many(event_intake.split_messages(tenant, None, accepted))
    return EventsAccepted(accepted=len(accepted), rejected=rejected)


def feature_used(tenant: str, feature: str, subject: str, at: datetime) -> EventsAccepted:
    """Send the use of a feature by a user of the tenant. Raises SiteNotFound."""
    return track(tenant, [TrackedEvent(type=CollectedType.FEATURE_USAGE, name=feature, user_id=subject, at=at)])


def _authenticate(request: RequestOrigin, key: str | None) -> Sender:
    if request.token is None:
        if key is None:
            raise UnknownKey("Send the site's public key as `key`, or a token.")
        site = site_cache.site_by_key(key)
        if not is_allowed_origin(request.origin, site.origins):
            raise OriginNotAllowed
        return Sender(site, Source.BROWSER)
    if request.token.startswith(SECRET_PREFIX):
        site = site_cache.site_by_secret(request.token)
        if key is not None and site_cache.site_by_key(key).tenant != site.tenant:
            raise UnknownKey("The secret and the key are of different sites.")
        return Sender(site, Source.SERVER)
    member = auth.verify_session(request.token, Role.MEMBER)
    site = site_cache.site_by_key(key) if key is not None else site_cache.site_of(TOGETHER)
    if site.tenant != TOGETHER:
        raise Forbidden("Members send events of the couples app only.")
    return Sender(site, Source.MEMBER, member.id)


def _visitor(site: Site, request: RequestOrigin, now: datetime) -> Visitor:
    today = event_moments.local_day(now, site.time_zone)
    before = event_moments.day_before_overlap(now, site.time_zone)
    salt = site_cache.salt_of(today)
    who = (site.tenant, request.ip, request.user_agent)
    return Visitor(
        hash=visitors.visitor_hash(salt, *who),
        hash_before=visitors.visitor_hash(site_cache.salt_of(before), *who) if before else None,
        ip_hash=visitors.ip_hash(salt, site.tenant, request.ip),
    )


def _with_id(tenant: str, document: Any) -> Any:
    if not isinstance(document, dict) or document.get("id") is not None:
        return document
    return {**document, "id": ids.derived(_NAMESPACE, tenant, canonical_json(document))}
