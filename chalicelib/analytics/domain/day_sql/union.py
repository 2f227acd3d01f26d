"""The union of a day: of each event the highest version, of equal versions the first received."""

from __future__ import annotations

BOT = "bot"
"""The type of an event of a browser's bot: counted in `daily_traffic.bots`, nowhere else."""
NEAR_MS = 1_800_000
"""Events this close to midnight may belong to a visit that continues over it."""

REPEATED = """
CREATE TABLE repeated AS
SELECT DISTINCT id FROM arrived_parts SEMI JOIN events_old USING (id)
UNION SELECT id FROM arrived_parts GROUP BY id HAVING count(*) > 1
"""

CHOSEN = """
CREATE TABLE chosen AS
SELECT * FROM arrived SEMI JOIN repeated USING (id)
QUALIFY row_number() OVER (
    PARTITION BY id ORDER BY version DESC, received_ms, at_ms, type, name, user_id, session_id, visitor, data, value
) = 1
"""
"""Create `chosen`: the version that counts of each event that arrived more than once."""

EVENTS = """
CREATE VIEW events AS
SELECT * FROM arrived ANTI JOIN repeated USING (id) UNION ALL SELECT * FROM chosen
"""
"""Create `events` from `arrived`: the day and its parts."""

STEPS = (REPEATED, CHOSEN, EVENTS)

NEIGHBORS = f"""
SELECT coalesce(bool_or(at_ms - start_ms <= {NEAR_MS}), false) AS before,
    coalesce(bool_or(end_ms - at_ms <= {NEAR_MS}), false) AS after
FROM events JOIN zones USING (time_zone, day) WHERE type <> '{BOT}'
"""
"""Select whether the computation needs the day before, and the day after."""

COUNTED = f"""
CREATE VIEW counted AS
SELECT * FROM events ANTI JOIN events_before USING (id) WHERE type <> '{BOT}'
"""
"""Create `counted`: the day's events without bots, and without those that the day before has, too."""

_NEAR = f"""
SELECT {{side}}.id, {{side}}.version, {{side}}.received_ms, {{side}}.at_ms, {{side}}.user_id FROM {{events}} {{side}}
SEMI JOIN (
    SELECT DISTINCT time_zone, coalesce(session_id, visitor, user_id) AS key
    FROM {{events}} JOIN zones USING (time_zone, day) WHERE {{distance}} <= {NEAR_MS}
) AS near ON near.time_zone = {{side}}.time_zone
    AND near.key = coalesce({{side}}.session_id, {{side}}.visitor, {{side}}.user_id)
"""


def changed_near(distance: str) -> str:
    """Return a query that selects whether events changed whose visits may continue over one end of the day.

    `distance` is from the event to that end, in milliseconds. Compares `events` with `events_old`.
    """
    new = _NEAR.format(side="new", events="events", distance=distance)
    old = _NEAR.format(side="old", events="events_old", distance=distance)
    return f"SELECT EXISTS (({new}) EXCEPT ({old})) OR EXISTS (({old}) EXCEPT ({new}))"


CHANGED_AT_START = changed_near("at_ms - start_ms")
CHANGED_AT_END = changed_near("end_ms - at_ms")
