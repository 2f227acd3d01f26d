"""The users of a day: their engagement, and their bookings at partners."""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.traffic import BOOKING

ENGAGEMENT = """
WITH visiting AS (
    SELECT user_id, CAST(sum(duration_seconds) AS BIGINT) AS seconds FROM visits
    WHERE day = getvariable('day') AND user_id IS NOT NULL GROUP BY user_id
),
done AS (
    SELECT user_id, count(*) FILTER (name = 'checkin_submitted') AS checkin_count,
        count(*) FILTER (name IN ('activity_created', 'activity_completed')) AS activity_count,
        count(*) FILTER (name = 'message_logged') AS message_count,
        count(DISTINCT name) FILTER (type = 'feature_usage') AS feature_usage_count
    FROM acts WHERE user_id IS NOT NULL GROUP BY user_id
)
SELECT user_id, checkin_count, activity_count, message_count, feature_usage_count,
    coalesce(seconds, 0) AS session_duration_seconds,
    (60 * (
        40 * least(checkin_count, 1) + 20 * least(activity_count, 1) + 3 * least(message_count, 5)
        + 3 * least(feature_usage_count, 5)
    ) + least(coalesce(seconds, 0), 600) + 30) // 60 AS score
FROM done LEFT JOIN visiting USING (user_id) ORDER BY user_id
"""
"""Select the engagement of every user with an event on the day.

The score has 40 points for a check-in, 20 for an activity, 3 for each of five messages and of five features, and one for
each of ten minutes; it is rounded half up.
"""

BOOKINGS = f"""
CREATE TABLE bookings AS
SELECT json_extract_string(data, '$.partner') AS partner_id, json_extract_string(data, '$.status') = 'cancelled' AS is_canceled,
    user_id, at_ms, id, value AS amount, currency,
    try_cast(json_extract_string(data, '$.commission') AS DECIMAL(38, 10)) AS commission,
    json_extract_string(data, '$.rating') AS rating
FROM counted WHERE name = '{BOOKING}' AND json_valid(data) AND json_extract_string(data, '$.partner') IS NOT NULL
"""

PARTNERS = f"""
WITH ranked AS (
    SELECT bookings.*, row_number() OVER (PARTITION BY partner_id, bookings.user_id ORDER BY at_ms, id) AS number, first_day
    FROM bookings LEFT JOIN firsts ON firsts.event = '{BOOKING}:' || partner_id AND firsts.user_id = bookings.user_id
),
currencies AS (
    SELECT partner_id, currency FROM bookings WHERE currency IS NOT NULL AND NOT is_canceled
    GROUP BY partner_id, currency
    QUALIFY row_number() OVER (PARTITION BY partner_id ORDER BY count(*) DESC, currency) = 1
)
SELECT partner_id, count(*) FILTER (NOT is_canceled) AS bookings,
    count(*) FILTER (NOT is_canceled AND user_id IS NOT NULL AND (first_day < getvariable('day') OR number > 1)) AS repeat_bookings,
    count(*) FILTER (is_canceled) AS cancellations,
    coalesce(sum(amount) FILTER (NOT is_canceled AND ranked.currency = currencies.currency), 0) AS revenue,
    coalesce(sum(commission) FILTER (NOT is_canceled AND ranked.currency = currencies.currency), 0) AS commission,
    any_value(currencies.currency) AS currency,
    CAST(coalesce(sum(CAST(rating AS BIGINT)) FILTER (rating IN ('1', '2', '3', '4', '5')), 0) AS BIGINT) AS rating_sum,
    count(*) FILTER (rating IN ('1', '2', '3', '4', '5')) AS rating_count
FROM ranked LEFT JOIN currencies USING (partner_id) GROUP BY partner_id ORDER BY partner_id
"""
"""Select the bookings by partner. Money is summed in the partner's most frequent currency of the day."""

FORMER_USERS = """
SELECT DISTINCT user_id FROM (SELECT user_id FROM events_old UNION SELECT user_id FROM keyed)
ANTI JOIN acts USING (user_id) WHERE user_id IS NOT NULL ORDER BY user_id
"""

FORMER_PARTNERS = f"""
SELECT DISTINCT json_extract_string(data, '$.partner') AS partner_id FROM events_old
WHERE name = '{BOOKING}' AND json_valid(data) AND json_extract_string(data, '$.partner') IS NOT NULL ORDER BY 1
"""
