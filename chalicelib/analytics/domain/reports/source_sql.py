"""The events that a report reads, and safe literals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.analytics.domain.lake import tenant_partition
from chalicelib.analytics.domain.reports.questions import EventFilter, Scalar

EVENTS = "analytics_events"
"""The table of the days and their parts, with the columns of a day and `tenant`."""
FIRSTS = "analytics_firsts"
"""The table of the first days of known users, with `tenant`."""

UNITED = "analytics_united_events"
"""The view of each event once."""

_PERSON = "coalesce(person, 'u' || user_id, 'v' || visitor, 's' || session_id)"
"""A part has no person yet. The first letter tells a user, a visitor and a session apart."""
NEWEST = "version DESC, received_ms, day, at_ms, type, name, user_id, session_id, visitor, data, person"


@dataclass(frozen=True, slots=True)
class Source:
    """The days of a tenant. `has_copies`: parts are among them, so that an event may be there more than once."""

    tenant: str
    first_day: date
    last_day: date
    has_copies: bool


def text(value: str) -> str:
    """Return a string literal. Both engines know one special character in it, the quote."""
    return "'" + value.replace("'", "''") + "'"


def day(value: date) -> str:
    """Return a date literal."""
    return f"DATE '{value.isoformat()}'"


def matches(condition: EventFilter) -> str:
    """Return the condition that an event passes the filter."""
    parts = [f"name = {text(condition.name)}"]
    for key, value in sorted(condition.where.items()):
        path = text(f'$["{key}"]')
        parts.append(f"json_extract_scalar(data, {path}) = {text(_scalar(value))}")
    return "(" + " AND ".join(parts) + ")"


def of_tenant(tenant: str) -> str:
    """Return the condition on the partition, whose value in the keys is quoted.

    Athena takes the value as it is in the keys, DuckDB decodes it.
    """
    names = sorted({tenant, tenant_partition(tenant)})
    return f"tenant IN ({', '.join(text(name) for name in names)})"


def events(source: Source) -> str:
    """Return the definition of `events`: id, name, at_ms, day, data and person, each event once, without bots."""
    where = f"{of_tenant(source.tenant)} AND day BETWEEN {day(source.first_day)} AND {day(source.last_day)}"
    if not source.has_copies:
        return f"""events AS (
    SELECT id, name, at_ms, day, data, person FROM {EVENTS}
    WHERE {where} AND type <> 'bot' AND person IS NOT NULL
)"""  # noqa: S608 - literals are quoted
    return f"""copies AS (
    SELECT id, type, name, at_ms, day, data, {_PERSON} AS person,
        row_number() OVER (PARTITION BY id ORDER BY {NEWEST}) AS copy
    FROM {EVENTS} WHERE {where}
),
events AS (
    SELECT id, name, at_ms, day, data, person FROM copies
    WHERE copy = 1 AND type <> 'bot' AND person IS NOT NULL
)"""  # noqa: S608 - literals are quoted


def united_events(columns: Iterable[str], table: str) -> str:
    """Return the query of the view that unites the days with the parts that wait."""
    names = ", ".join(["tenant", *columns])
    return f"""SELECT {names} FROM (
    SELECT *, row_number() OVER (PARTITION BY tenant, id ORDER BY {NEWEST}) AS copy FROM {table}
) AS copies WHERE copy = 1"""  # noqa: S608 - no input


def _scalar(value: Scalar) -> str:
    """Return a JSON scalar as `json_extract_scalar` does."""
    return str(value).lower() if isinstance(value, bool) else str(value)
