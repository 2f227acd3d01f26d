"""Visits: the events of a key, in one time zone and in the order of time, without a gap of more than 30 minutes.

A visit over midnight belongs to its first day. A local day that a key fills without a gap is a visit of its own, so that
a computation needs only the neighbors of its day.
"""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.union import BOT

GAP_MS = 1_800_000
"""A longer gap begins a new visit; a visit is settled once it has been quiet for longer."""
OPENING_TYPES = ("page_view", "user_action", "feature_usage", "conversion")
"""The types of events that open a visit. A visit with exactly one of them is a bounce."""
WHO_LIMIT = 20
"""The maximum length of a visit's `who`."""

IS_OPENING = f"type IN {OPENING_TYPES}"

WHO = """
getvariable('tenant') || coalesce(
    '#u#' || user_id, '#s#' || coalesce(session_id, visitor), '#n#' || strftime(make_timestamp(at_ms * 1000), '%Y-%m-%dT%H')
)
"""
"""The key of an event's row, made of the event as sent."""

_COLUMNS = """
id, type, at_ms, time_zone, day, user_id, session_id, visitor, visitor_before, path, referrer, utm, device_type, browser
"""

AROUND = f"""
CREATE VIEW around AS
SELECT {_COLUMNS} FROM counted
UNION ALL SELECT {_COLUMNS} FROM events_before WHERE type <> '{BOT}'
UNION ALL SELECT {_COLUMNS} FROM events_after ANTI JOIN events USING (id) WHERE type <> '{BOT}'
"""
"""Create `around`: the events of the day and of its neighbors."""

VISITORS = """
CREATE TABLE visitors AS
WITH before AS (
    SELECT visitor, min(visitor_before) AS visitor_before FROM around
    WHERE visitor_before IS NOT NULL AND visitor <> visitor_before GROUP BY visitor
)
SELECT a.visitor, coalesce(c.visitor_before, b.visitor_before, a.visitor_before) AS first_visitor
FROM before a
LEFT JOIN before b ON b.visitor = a.visitor_before
LEFT JOIN before c ON c.visitor = b.visitor_before
"""
"""Create `visitors`: the hash under the first salt of a visitor with several salts in these three days."""

KEYED = """
CREATE TABLE keyed AS
WITH keys AS (
    SELECT around.*, coalesce(
        's' || session_id, 'v' || coalesce(first_visitor, visitor), 'u' || user_id
    ) AS key
    FROM around LEFT JOIN visitors USING (visitor)
),
numbered AS (
    SELECT time_zone, key, row_number() OVER () AS key_number FROM keys
    WHERE key IS NOT NULL AND day = getvariable('day') GROUP BY time_zone, key
)
SELECT keys.* EXCLUDE (key), key_number FROM keys JOIN numbered USING (time_zone, key)
"""
"""Create `keyed`: the events of each key that has an event on the day."""

CHAINED = f"""
CREATE TABLE chained AS
WITH ordered AS (
    SELECT *, at_ms - lag(at_ms) OVER w > {GAP_MS} AS has_gap, lag(day) OVER w AS last_day
    FROM keyed WINDOW w AS (PARTITION BY key_number ORDER BY at_ms, id)
),
filled AS (
    SELECT key_number, day, true AS is_filled FROM ordered JOIN zones USING (time_zone, day)
    GROUP BY key_number, day
    HAVING min(at_ms) - min(start_ms) <= {GAP_MS} AND min(end_ms) - max(at_ms) <= {GAP_MS}
    AND NOT coalesce(bool_or(has_gap AND last_day = day), false)
)
SELECT ordered.*, row_number() OVER w AS position, sum(CAST(
    coalesce(has_gap, true)
    OR (ordered.day <> last_day AND coalesce(this.is_filled, last.is_filled, false)) AS INTEGER
)) OVER (w ROWS UNBOUNDED PRECEDING) AS chain
FROM ordered
LEFT JOIN filled this ON this.key_number = ordered.key_number AND this.day = ordered.day
LEFT JOIN filled last ON last.key_number = ordered.key_number AND last.day = ordered.last_day
WINDOW w AS (PARTITION BY ordered.key_number ORDER BY at_ms, id)
"""
"""Create `chained`: `chain` numbers the visits of a key, `position` its events."""

VISITS = f"""
CREATE TABLE visits AS
SELECT
    key_number, chain, min(day) AS day, strftime(min(day), '%Y%m%d-') || arg_min(id, position) AS visit_id,
    min(at_ms) AS started_ms, max(at_ms) AS ended_ms, (max(at_ms) - min(at_ms)) // 1000 AS duration_seconds,
    CASE WHEN min(user_id) = max(user_id) THEN min(user_id) END AS user_id,
    count(*) AS event_count, count(*) FILTER (type = 'page_view') AS page_count,
    count(*) FILTER ({IS_OPENING}) = 1 AS is_bounce, bool_or(type = 'conversion') AS is_converted,
    arg_min(path, position) FILTER (type = 'page_view') AS entry_page,
    arg_max(path, position) FILTER (type = 'page_view') AS exit_page,
    arg_min(device_type, position) AS device_type, arg_min(browser, position) AS browser,
    arg_min_null(referrer, position) FILTER ({IS_OPENING}) AS referrer,
    arg_min_null(utm, position) FILTER ({IS_OPENING}) AS utm,
    max(at_ms) + {GAP_MS} < getvariable('now_ms') AS is_settled
FROM chained GROUP BY key_number, chain HAVING bool_or({IS_OPENING})
"""
"""Create `visits`: those with an event on the day, or next to it."""

MEMBERS = """
CREATE TABLE members AS
SELECT id, visit_id, visits.user_id AS visit_user_id, is_bounce, is_settled
FROM chained JOIN visits USING (key_number, chain) WHERE chained.day = getvariable('day')
"""
"""Create `members`: the day's events that belong to a visit, which may have begun on the day before."""

SOURCES = "SELECT DISTINCT referrer, utm FROM visits WHERE visits.day = getvariable('day')"
"""Select the distinct sources of the day's visits; `channels` has the channel of each."""

ACTS = f"""
CREATE TABLE acts AS
SELECT id, type, name, at_ms, {IS_OPENING} AS is_opening, user_id AS sent_user_id,
    coalesce(user_id, visit_user_id) AS user_id,
    coalesce('u' || user_id, 'u' || visit_user_id, 'v' || coalesce(first_visitor, visitor), 's' || session_id) AS person
FROM counted LEFT JOIN members USING (id) LEFT JOIN visitors USING (visitor)
"""
"""Create `acts`: the day's events, each with its person. A visit's only user holds for all its events."""

STEPS = (AROUND, VISITORS, KEYED, CHAINED, VISITS, MEMBERS, ACTS)
