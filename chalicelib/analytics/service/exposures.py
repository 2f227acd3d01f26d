"""The subjects of experiments: their variants, and the events of their exposures and conversions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypedDict, Unpack

from chalicelib.analytics.domain.events import canonical_json
from chalicelib.analytics.domain.experiments.assignment import Allocation, Namespace, assigned_variant
from chalicelib.analytics.domain.experiments.events import CONVERTED, EXPOSED
from chalicelib.analytics.enums import CollectedType, ExperimentStatus
from chalicelib.analytics.errors import InvalidEvent, VariantNotFound
from chalicelib.analytics.repository import experiments
from chalicelib.analytics.schemas.events import TrackedEvent
from chalicelib.analytics.service import collection
from chalicelib.analytics.service.experiments import MAX_DURATION
from chalicelib.kit import clock, ids
from chalicelib.kit.timed_cache import TimedCache

LIFETIME = timedelta(seconds=60)
MAX_EXPERIMENTS = 1_000
_NAMESPACE = "7b0a3a0e-6f0c-4c55-9b57-2f4f2f1c9c11"


@dataclass(frozen=True, slots=True)
class Definition:
    """What an assignment depends on. `ends_at` is None if the experiment does not run."""

    variants: tuple[str, ...]
    allocation: Allocation
    ends_at: datetime | None


class Conversion(TypedDict):
    """What a conversion is worth, when it happened, and which version of its key this is."""

    value: Decimal
    at: datetime
    version: int


_definitions = TimedCache[tuple[str, str], Definition](LIFETIME, MAX_EXPERIMENTS)


def assign(tenant: str, test: str, subject: str) -> str | None:
    """Return the subject's variant, always the same; None if it takes no part or the experiment does not run.

    A start, a stop and a larger coverage hold within 60 seconds. Raises ExperimentNotFound.
    """
    definition = _definition(tenant, test)
    if definition.ends_at is None or clock.now() >= definition.ends_at:
        return None
    position = assigned_variant(definition.allocation, subject)
    return None if position is None else definition.variants[position]


def expose(tenant: str, test: str, subject: str, variant: str, at: datetime) -> None:
    """Send that a subject saw a variant. Repeated, it counts once.

    Raises ExperimentNotFound, VariantNotFound, InvalidEvent if the subject is no valid user id.
    """
    variants = _definition(tenant, test).variants
    if variant not in variants:
        raise VariantNotFound
    event = TrackedEvent(
        id=_event_id(tenant, test, EXPOSED, subject, variant, clock.iso(at)),
        type=CollectedType.SYSTEM,
        name=EXPOSED,
        at=at,
        user_id=subject,
        data={"test": test, "position": variants.index(variant)},
    )
    _send(tenant, event)


def convert(tenant: str, test: str, subject: str, key: str, **conversion: Unpack[Conversion]) -> None:
    """Send that a subject converted. Of one `key` the highest `version` counts; `value` 0 takes the conversion back.

    Raises ExperimentNotFound, InvalidEvent if the subject is no valid user id.
    """
    _definition(tenant, test)
    event = TrackedEvent(
        id=_event_id(tenant, test, CONVERTED, subject, key),
        type=CollectedType.SYSTEM,
        name=CONVERTED,
        user_id=subject,
        data={"test": test},
        **conversion,
    )
    _send(tenant, event)


def forget() -> None:
    """Clear the cache; for tests, which empty the tables."""
    _definitions.forget()


def _definition(tenant: str, test: str) -> Definition:
    return _definitions.get((tenant, test), lambda: _load(tenant, test))


def _load(tenant: str, test: str) -> Definition:
    row = experiments.get(tenant, test)
    variants = experiments.list_variants(test)
    is_running = row.status is ExperimentStatus.RUNNING and row.started_at is not None
    return Definition(
        tuple(each.variant for each in variants),
        Allocation(row.hash_seed, [each.weight for each in variants], row.coverage, _namespace(row.namespace)),
        row.started_at + MAX_DURATION if is_running else None,
    )


def _namespace(stored: list[str] | None) -> Namespace | None:
    if stored is None:
        return None
    name, start, end = stored
    return Namespace(name, Decimal(start), Decimal(end))


def _event_id(tenant: str, *arguments: str) -> str:
    """Return the id of an event, derived from the arguments: JSON keeps apart what a separator would not."""
    return ids.derived(_NAMESPACE, tenant, canonical_json({"arguments": list(arguments)}))


def _send(tenant: str, event: TrackedEvent) -> None:
    rejected = collection.track(tenant, [event]).rejected
    if rejected:
        raise InvalidEvent(f"The event was refused: {rejected[0].code}.")
