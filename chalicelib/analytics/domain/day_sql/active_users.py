"""The known users who were active on a day, to be counted over many days."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.analytics.domain.day_sql.visits import IS_OPENING
from chalicelib.integrations.parquet import Kind

DAY_COLUMNS: Mapping[str, Kind] = {
    "type": Kind.TEXT,
    "user_id": Kind.TEXT,
    "session_id": Kind.TEXT,
    "visitor": Kind.TEXT,
}
ACTIVE_COLUMNS: Mapping[str, Kind] = {"day": Kind.DATE, "user_id": Kind.TEXT}

ADD_DAY = f"""
INSERT INTO active
WITH keyed AS (
    SELECT user_id, {IS_OPENING} AS is_opening, coalesce('s' || session_id, 'v' || visitor, 'u' || user_id) AS key
    FROM day_events
)
SELECT DISTINCT getvariable('day'), user_id FROM keyed
SEMI JOIN (SELECT key FROM keyed WHERE is_opening) AS opened USING (key) WHERE user_id IS NOT NULL
"""
"""Add the day's known users: those with an event that opens a visit, their own or an anonymous one of the same visit."""

COUNTS = """
SELECT ended.day,
    count(DISTINCT user_id) FILTER (active.day > ended.day - 7) AS week, count(DISTINCT user_id) AS month
FROM ended JOIN active ON active.day BETWEEN ended.day - 29 AND ended.day GROUP BY ended.day ORDER BY ended.day
"""
"""Select the users of the 7 and of the 30 days to each day of `ended`."""
