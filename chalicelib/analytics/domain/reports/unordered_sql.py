"""The chains of an unordered funnel: the times at which one, two, … steps are done, by an event each.

Steps with different names never share an event. For steps with one name, the number of steps that a set of events can do
is the smallest over all subsets of the steps of: the steps outside the subset, plus the events that match one inside
(König's theorem). So `i` of `c` steps are done as soon as every subset of `s > c - i` steps has `s - c + i` events.
"""

from __future__ import annotations

from itertools import combinations

from chalicelib.analytics.domain.reports.questions import FunnelQuestion

NEVER = 4_611_686_018_427_387_904
"""A time after all others: both engines compare it, but treat null in `greatest` differently."""
_ORDER = "PARTITION BY person ORDER BY at_ms, id"
_LATER = f"({_ORDER} ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)"
_FROM_HERE = f"({_ORDER} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"

Subset = tuple[int, ...]


def chains(question: FunnelQuestion) -> list[str]:
    """Return the common table expressions up to `chains`; any event that matches a step begins an attempt."""
    groups = _groups(question)
    subsets = [subset for group in groups for subset in _subsets(group)]
    depth = max(len(group) for group in groups)
    columns, former, parts = "person, id, at_ms, day", "marked", []
    flags = ", ".join(f"{_flag(subset)} AS {_name('is', subset)}" for subset in subsets)
    parts.append(f"followed_0 AS (SELECT {columns}, {flags} FROM {former})")  # noqa: S608
    for number in range(1, depth + 1):
        times = ", ".join(_nth(subset, number) for subset in subsets if len(subset) >= number)
        parts.append(f"followed_{number} AS (SELECT *, {times} FROM followed_{number - 1})")  # noqa: S608
    done = ", ".join(
        f"min({_name(f'n{number}', subset)}) OVER {_FROM_HERE} AS {_name(f'd{number}', subset)}"
        for subset in subsets
        for number in range(1, len(subset) + 1)
    )
    parts.append(f"reachable AS (SELECT {columns}, {done} FROM followed_{depth})")  # noqa: S608
    times = ", ".join(
        f"{_done(group, number)} AS {_name(f'g{number}', group)}"
        for group in groups
        for number in range(1, len(group) + 1)
    )
    parts.append(f"grouped AS (SELECT person, id, at_ms, day, {times} FROM reachable)")  # noqa: S608
    return [*parts, *_sorted(groups)]


def _groups(question: FunnelQuestion) -> list[Subset]:
    by_name: dict[str, list[int]] = {}
    for number, step in enumerate(question.steps, 1):
        by_name.setdefault(step.name, []).append(number)
    return [tuple(group) for group in by_name.values()]


def _subsets(group: Subset) -> list[Subset]:
    return [subset for size in range(1, len(group) + 1) for subset in combinations(group, size)]


def _name(prefix: str, subset: Subset) -> str:
    return "_".join([prefix, *map(str, subset)])


def _flag(subset: Subset) -> str:
    return f"CASE WHEN {' OR '.join(f'is_{step} = 1' for step in subset)} THEN 1 ELSE 0 END"


def _nth(subset: Subset, number: int) -> str:
    """Return the time of the number-th event that matches the subset, counted from a row that matches it."""
    value = "at_ms" if number == 1 else f"min({_name(f'n{number - 1}', subset)}) OVER {_LATER}"
    return f"CASE WHEN {_name('is', subset)} = 1 THEN {value} END AS {_name(f'n{number}', subset)}"


def _done(group: Subset, number: int) -> str:
    """Return the time at which `number` steps of the group are done."""
    spare = len(group) - number
    times = [
        f"coalesce({_name(f'd{len(subset) - spare}', subset)}, {NEVER})"
        for subset in _subsets(group)
        if len(subset) > spare
    ]
    return f"greatest({', '.join(times)})" if len(times) > 1 else times[0]


def _sorted(groups: list[Subset]) -> list[str]:
    """Return the chains: the times of all groups in their order."""
    names = [_name(f"g{number}", group) for group in groups for number in range(1, len(group) + 1)]
    cases = " ".join(f"WHEN {number} THEN {name}" for number, name in enumerate(names, 1))
    numbers = ", ".join(f"({number})" for number in range(1, len(names) + 1))
    times = ", ".join(
        f"max(CASE WHEN place = {number} AND done_ms < {NEVER} THEN done_ms END) AS t{number}"
        for number in range(1, len(names) + 1)
    )
    return [
        f"""unpivoted AS (
    SELECT person, id, day, number, CASE number {cases} END AS done_ms
    FROM grouped CROSS JOIN (VALUES {numbers}) AS numbers (number)
)""",  # noqa: S608
        """sorted AS (
    SELECT person, id, day, done_ms, row_number() OVER (PARTITION BY person, id ORDER BY done_ms, number) AS place
    FROM unpivoted
)""",
        f"chains AS (SELECT person, id, day, 1 AS is_start, {times} FROM sorted GROUP BY person, id, day)",  # noqa: S608
    ]
