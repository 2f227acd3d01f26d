"""The SQL of a retention report: persons by the period in which they start and the period in which they return."""

from __future__ import annotations

from chalicelib.analytics.domain.reports.questions import Period, RetentionQuestion
from chalicelib.analytics.domain.reports.source_sql import FIRSTS, Source, events, matches, of_tenant, text

_STARTED = "started AS (SELECT DISTINCT person, period FROM starts)"
_STARTED_FIRST = """firsts AS (
    SELECT 'u' || user_id AS person, min({first_period}) AS period FROM {table}
    WHERE {tenant} AND event = {name} GROUP BY user_id
),
in_range AS (SELECT person, min(period) AS period FROM starts GROUP BY person),
started AS (
    SELECT DISTINCT starts.person, starts.period
    FROM starts JOIN in_range ON in_range.person = starts.person LEFT JOIN firsts ON firsts.person = starts.person
    WHERE starts.period = coalesce(firsts.period, in_range.period)
)"""


def retention_query(question: RetentionQuestion, source: Source) -> str:
    """Return the query; its columns are start_period, return_period (first days of periods) and persons.

    In the start period itself every person that starts counts.
    """
    period = _period("day", question.period)
    started = _STARTED
    if question.first_time:
        started = _STARTED_FIRST.format(
            first_period=_period("first_day", question.period),
            table=FIRSTS,
            tenant=of_tenant(source.tenant),
            name=text(question.start.name),
        )
    return f"""WITH {events(source)},
starts AS (SELECT person, {period} AS period FROM events WHERE {matches(question.start)}),
{started},
returned AS (SELECT DISTINCT person, {period} AS period FROM events WHERE {matches(question.returning)})
SELECT started.period AS start_period, returned.period AS return_period, count(*) AS persons
FROM started JOIN returned ON returned.person = started.person
WHERE returned.period > started.period GROUP BY started.period, returned.period
UNION ALL
SELECT period AS start_period, period AS return_period, count(*) AS persons FROM started GROUP BY period
ORDER BY start_period, return_period"""  # noqa: S608 - literals are quoted


def _period(column: str, period: Period) -> str:
    """Return the first day of the period of a date."""
    return column if period is Period.DAY else f"CAST(date_trunc('{period}', {column}) AS DATE)"
