"""The traffic of a day: one row of `daily_traffic`, its top lists and recent events."""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.union import BOT

TOP_COUNT = 20
"""The length of a top list, and of the recent events."""
TEXT_LENGTH = 100
"""Longer texts are cut in the lists."""
BOOKING = "booking"
"""The name of the events of partners' bookings."""

FIRSTS_OF_DAY = f"""
CREATE TABLE firsts_of_day AS
SELECT name AS event, sent_user_id AS user_id, getvariable('day') AS first_day FROM acts
WHERE sent_user_id IS NOT NULL AND is_opening GROUP BY name, sent_user_id
UNION
SELECT '{BOOKING}:' || partner_id, user_id, getvariable('day') FROM bookings WHERE user_id IS NOT NULL
"""
"""Create `firsts_of_day`: the known users of the day by event name, and by partner for bookings."""

FIRSTS = """
CREATE OR REPLACE TABLE firsts AS
SELECT event, user_id, min(first_day) AS first_day
FROM (SELECT * FROM firsts_old UNION ALL SELECT * FROM firsts_of_day)
GROUP BY event, user_id
"""
"""Create `firsts`: the first day of each known user and event name, also those of other days (`firsts_old`)."""

FIRSTS_CHANGED = "SELECT EXISTS (FROM firsts EXCEPT FROM firsts_old) OR EXISTS (FROM firsts_old EXCEPT FROM firsts)"

MOVED_DAYS = """
SELECT DISTINCT firsts_old.first_day FROM firsts_old JOIN firsts USING (event, user_id)
WHERE firsts_old.first_day > firsts.first_day ORDER BY 1
"""
"""Select the days that were the first of a user or a feature's user, and are no longer."""

TRAFFIC = f"""
WITH people AS (
    SELECT count(DISTINCT person) FILTER (is_opening) AS visitors,
        count(*) FILTER (type = 'page_view') AS page_views, count(*) FILTER (type <> 'page_leave') AS events,
        count(DISTINCT user_id) FILTER (is_opening) AS active_users
    FROM acts
),
visiting AS (
    SELECT count(*) AS visits, count(*) FILTER (is_bounce) AS bounces, coalesce(sum(duration_seconds), 0) AS duration_seconds
    FROM visits WHERE day = getvariable('day')
),
new AS (
    SELECT user_id FROM firsts WHERE NOT starts_with(event, '{BOOKING}:')
    GROUP BY user_id HAVING min(first_day) = getvariable('day')
)
SELECT visitors, visits, page_views, events, bounces, CAST(duration_seconds AS BIGINT) AS duration_seconds, active_users,
    (SELECT count(*) FROM new) AS new_users, (SELECT count(*) FROM events WHERE type = '{BOT}') AS bots
FROM people, visiting
"""

_LISTS = {
    "pages": "SELECT path AS value FROM counted WHERE type = 'page_view'",
    "entries": "SELECT entry_page AS value FROM visits WHERE day = getvariable('day')",
    "exits": "SELECT exit_page AS value FROM visits WHERE day = getvariable('day')",
    "referrers": "SELECT referrer AS value FROM visits WHERE day = getvariable('day')",
    "channels": "SELECT channel AS value FROM visit_channels",
    "devices": "SELECT device_type AS value FROM visits WHERE day = getvariable('day')",
    "browsers": "SELECT browser AS value FROM visits WHERE day = getvariable('day')",
    "events": "SELECT name AS value FROM acts WHERE type <> 'page_leave'",
}

TOP = " UNION ALL ".join(
    f"(SELECT '{name}' AS list, left(value, {TEXT_LENGTH}) AS text, count(*) AS count FROM ({values}) "
    f"WHERE value IS NOT NULL GROUP BY text ORDER BY count DESC, text LIMIT {TOP_COUNT})"
    for name, values in _LISTS.items()
)
"""Select the top lists: name of the list, text, count; the largest count of each list first."""

RECENT = f"""
SELECT at_ms, type, left(name, {TEXT_LENGTH}) AS name FROM acts
WHERE type <> 'page_leave' ORDER BY at_ms DESC, id DESC LIMIT {TOP_COUNT}
"""

VISIT_CHANNELS = """
CREATE VIEW visit_channels AS
SELECT visit_id, channel FROM visits JOIN channels
ON channels.referrer IS NOT DISTINCT FROM visits.referrer AND channels.utm IS NOT DISTINCT FROM visits.utm
WHERE visits.day = getvariable('day')
"""
