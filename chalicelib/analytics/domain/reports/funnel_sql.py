"""The SQL of a funnel.

Each order ends in `attempts`: a row for each first event, with the times `t1`, `t2`, … of the steps in the order in which
they were done. The query selects, for each step, the number of persons that reached it and the time from the step before
in milliseconds: the sum, and the two values in the middle.
"""

from __future__ import annotations

from chalicelib.analytics.domain.reports import unordered_sql
from chalicelib.analytics.domain.reports.questions import FunnelQuestion
from chalicelib.analytics.domain.reports.source_sql import Source, day, events, matches
from chalicelib.analytics.enums import FunnelOrder

ORDER = "PARTITION BY person ORDER BY at_ms, id"
LATER = f"({ORDER} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"


def funnel_query(question: FunnelQuestion, source: Source, *, by_day: bool = False) -> str:
    """Return the query; its columns are step, reached, total_ms, low_ms and high_ms.

    With `by_day` there is a funnel for each day on which attempts begin: the query has the column `day`, too.
    """
    grouped = "day, " if by_day else ""
    build = {
        FunnelOrder.ORDERED: _ordered,
        FunnelOrder.STRICT: _strict,
        FunnelOrder.UNORDERED: unordered_sql.chains,
    }[question.order]
    count = len(question.steps)
    entry = f"day BETWEEN {day(question.first_day)} AND {day(question.last_day)}"
    parts = [
        events(source),
        _marked(question),
        *build(question),
        f"""attempts AS (
    SELECT person, day, {_times(count)}, {_reach(count, question.window_seconds * 1000)} AS reach, id
    FROM chains WHERE is_start = 1 AND {entry}
)""",  # noqa: S608 - literals are quoted
        f"""ranked AS (
    SELECT *, row_number() OVER (PARTITION BY {grouped}person ORDER BY reach DESC, t1, id) AS place FROM attempts
)""",  # noqa: S608
        f"""elapsed AS (
    SELECT day, step, CASE step WHEN 1 THEN 0 {_elapsed(count)} END AS ms
    FROM ranked CROSS JOIN (VALUES {_numbers(count)}) AS numbers (step) WHERE place = 1 AND reach >= step
)""",  # noqa: S608
        f"""placed AS (
    SELECT {grouped}step, ms, row_number() OVER (PARTITION BY {grouped}step ORDER BY ms) AS place,
        count(*) OVER (PARTITION BY {grouped}step) AS reached
    FROM elapsed
)""",  # noqa: S608
    ]
    middle = "CASE WHEN 2 * place - reached BETWEEN 0 AND 2 THEN ms END"
    return f"""WITH {", ".join(parts)}
SELECT {grouped}step, max(reached) AS reached, CAST(sum(ms) AS BIGINT) AS total_ms,
    min({middle}) AS low_ms, max({middle}) AS high_ms
FROM placed GROUP BY {grouped}step ORDER BY {grouped}step"""  # noqa: S608 - literals are quoted


def _marked(question: FunnelQuestion) -> str:
    """Return `marked`: the events with a flag for each step. A strict attempt ends with any other event: all stay."""
    conditions = [matches(step) for step in question.steps]
    flags = ", ".join(f"CASE WHEN {each} THEN 1 ELSE 0 END AS is_{n}" for n, each in enumerate(conditions, 1))
    needed = "" if question.order is FunnelOrder.STRICT else f" WHERE {' OR '.join(conditions)}"
    return f"marked AS (SELECT person, id, at_ms, day, {flags} FROM events{needed})"  # noqa: S608


def _ordered(question: FunnelQuestion) -> list[str]:
    """Return the steps from the last to the second. `from_N` has the times at which the steps from N on follow an event.

    A later event's continuation is never earlier, so the minimum over the later events is that of the next one.
    """
    count, former, parts = len(question.steps), "marked", []
    for step in range(count, 1, -1):
        times = {step: "at_ms", **{later: f"t{later}" for later in range(step + 1, count + 1)}}
        columns = ", ".join(
            f"min(CASE WHEN is_{step} = 1 THEN {time} END) OVER {LATER} AS t{number}" for number, time in times.items()
        )
        flags = "".join(f", is_{number}" for number in range(1, step))
        parts.append(f"from_{step} AS (SELECT person, id, at_ms, day{flags}, {columns} FROM {former})")  # noqa: S608
        former = f"from_{step}"
    return [*parts, f"chains AS (SELECT *, is_1 AS is_start, at_ms AS t1 FROM {former})"]  # noqa: S608


def _strict(question: FunnelQuestion) -> list[str]:
    """Return the chains: step N is the event that follows N - 1 events later."""
    columns = ", ".join(
        f"CASE WHEN lead(is_{n}, {n - 1}) OVER ({ORDER}) = 1 THEN lead(at_ms, {n - 1}) OVER ({ORDER}) END AS t{n}"
        for n in range(2, len(question.steps) + 1)
    )
    return [f"chains AS (SELECT person, id, day, is_1 AS is_start, at_ms AS t1, {columns} FROM marked)"]  # noqa: S608


def _reach(count: int, window_ms: int) -> str:
    """Return the number of steps before the first one that is missing or too late."""
    ends = " ".join(
        f"WHEN t{step} IS NULL OR t{step} - t1 > {window_ms} THEN {step - 1}" for step in range(2, count + 1)
    )
    return f"CASE {ends} ELSE {count} END"


def _elapsed(count: int) -> str:
    return " ".join(f"WHEN {step} THEN t{step} - t{step - 1}" for step in range(2, count + 1))


def _times(count: int) -> str:
    return ", ".join(f"t{step}" for step in range(1, count + 1))


def _numbers(count: int) -> str:
    return ", ".join(f"({step})" for step in range(1, count + 1))
