"""The SQL of cohorts, for DuckDB: who signed up when and through which channel, and who was active since."""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.traffic import BOOKING
from chalicelib.analytics.domain.day_sql.visits import GAP_MS, OPENING_TYPES
from chalicelib.analytics.domain.reports.source_sql import FIRSTS

SIGN_UP = "sign_up"

MEMBERS = f"""
CREATE TABLE members AS
SELECT user_id, coalesce(min(first_day) FILTER (event = '{SIGN_UP}'), min(first_day)) AS first_day
FROM {FIRSTS} WHERE NOT starts_with(event, '{BOOKING}:')
GROUP BY user_id HAVING coalesce(min(first_day) FILTER (event = '{SIGN_UP}'), min(first_day)) >= getvariable('first_week')
"""  # noqa: S608 - no input
"""Create `members`: the users with the day of their sign-up, else of their first event."""


def acts(table: str) -> str:
    """Return the statement that creates `acts`: the events of known users. `table` has each event once."""
    return f"""
CREATE VIEW acts AS SELECT * EXCLUDE (user_id), substr(whose, 2) AS user_id
FROM (SELECT *, coalesce(person, 'u' || user_id) AS whose FROM {table} WHERE type <> 'bot')
WHERE starts_with(whose, 'u')
"""  # noqa: S608 - no input


SOURCES = f"""
CREATE TABLE sources AS
WITH first_acts AS (
    SELECT acts.*, at_ms - lag(at_ms) OVER (PARTITION BY user_id ORDER BY at_ms, id) > {GAP_MS} AS has_gap
    FROM acts JOIN members USING (user_id) WHERE day = first_day AND type IN {OPENING_TYPES}
),
chained AS (
    SELECT *, sum(CAST(coalesce(has_gap, true) AS INTEGER)) OVER (
        PARTITION BY user_id ORDER BY at_ms, id ROWS UNBOUNDED PRECEDING
    ) AS chain FROM first_acts
),
signed_up AS (
    SELECT user_id, coalesce(min(chain) FILTER (name = '{SIGN_UP}'), 1) AS chain FROM chained GROUP BY user_id
)
SELECT user_id, arg_min_null(referrer, (at_ms, id)) AS referrer, arg_min_null(utm, (at_ms, id)) AS utm
FROM chained JOIN signed_up USING (user_id, chain) GROUP BY user_id
"""  # noqa: S608 - no input
"""Create `sources`: the source of the visit in which a user signed up."""

DISTINCT_SOURCES = "SELECT DISTINCT referrer, utm FROM sources"

COHORTS = """
CREATE TABLE cohorts AS
SELECT user_id, first_day, CAST(date_trunc('week', first_day) AS DATE) AS week, coalesce(channel, 'direct') AS channel
FROM members LEFT JOIN sources USING (user_id)
LEFT JOIN channels ON channels.referrer IS NOT DISTINCT FROM sources.referrer AND channels.utm IS NOT DISTINCT FROM sources.utm
"""

SIZES = "SELECT week, channel, count(*) AS size FROM cohorts GROUP BY week, channel ORDER BY week, channel"

ACTIVITY = """
SELECT week, channel, CAST(date_diff('day', week, CAST(date_trunc('week', day) AS DATE)) // 7 AS INTEGER) AS period,
    count(DISTINCT user_id) AS active_users,
    coalesce(sum(CASE WHEN name IN ('payment_succeeded', 'refund_reversed') THEN value ELSE -value END) FILTER (
        type = 'payment' AND currency = getvariable('currency')
        AND name IN ('payment_succeeded', 'refund_reversed', 'payment_refunded')
    ), 0) AS revenue
FROM acts JOIN cohorts USING (user_id) WHERE day >= week GROUP BY week, channel, period
"""
"""Select the active users and the revenue of each cohort by weeks since the sign-up."""
