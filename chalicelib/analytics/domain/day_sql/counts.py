"""The counts of a day by event and by feature, with caps: beyond them names and values count as `__other__`."""

from __future__ import annotations

OTHER = "__other__"
NAME_LIMIT = 200
VALUE_LIMIT = 2000
FEATURE_LIMIT = 200
VALUE_LENGTH = 100
"""Longer values are cut, and count together."""

EVENT_COUNTS = f"""
WITH properties AS (
    SELECT id, left(json_extract_string(data, pointer), {VALUE_LENGTH}) AS value
    FROM counted JOIN counted_properties ON event = name WHERE json_valid(data)
),
valued AS (
    SELECT name, coalesce(value, '') AS value, person FROM acts LEFT JOIN properties USING (id) WHERE type <> 'page_leave'
),
names AS (SELECT name, row_number() OVER (ORDER BY count(*) DESC, name) > {NAME_LIMIT} AS is_other FROM valued GROUP BY name),
named AS (
    SELECT if(is_other, '{OTHER}', name) AS event, if(is_other, '', value) AS value, person
    FROM valued JOIN names USING (name)
),
ranked AS (
    SELECT event, value, row_number() OVER (PARTITION BY event ORDER BY count(*) DESC, value) > {VALUE_LIMIT} AS is_other
    FROM named GROUP BY event, value
)
SELECT event, if(is_other, '{OTHER}', value) AS value, count(*) AS event_count, count(DISTINCT person) AS visitors
FROM named JOIN ranked USING (event, value) GROUP BY 1, 2 ORDER BY 1, 2
"""
"""Select the counts by event and value. `counted_properties` has the JSON pointer of each counted event's property."""

FORMER_NAMES = f"""
SELECT name FROM events_old WHERE name IS NOT NULL GROUP BY name ORDER BY count(*) DESC, name LIMIT {NAME_LIMIT}
"""
"""Select the names that the computation before may have counted."""

FEATURES = f"""
WITH used AS (
    SELECT name, acts.user_id, acts.sent_user_id, acts.at_ms, coalesce(json_extract_string(data, '$.action'), 'used') AS action,
        json_extract_string(data, '$.rating') AS rating,
        floor(try_cast(json_extract_string(data, '$.duration_seconds') AS DECIMAL(18, 3))) AS seconds
    FROM acts JOIN (SELECT id, if(json_valid(data), data, '{{}}') AS data FROM counted WHERE type = 'feature_usage') USING (id)
),
names AS (SELECT name, row_number() OVER (ORDER BY count(*) DESC, name) > {FEATURE_LIMIT} AS is_other FROM used GROUP BY name)
SELECT if(is_other, '{OTHER}', used.name) AS feature, count(DISTINCT used.user_id) AS active_users,
    count(DISTINCT sent_user_id) FILTER (first_day = getvariable('day')) AS new_users,
    count(*) FILTER (action IN ('used', 'started')) AS usage_count,
    CAST(coalesce(sum(seconds) FILTER (seconds BETWEEN 0 AND 86400), 0) AS BIGINT) AS time_spent_seconds,
    count(*) FILTER (action = 'started') AS starts, count(*) FILTER (action = 'completed') AS completions,
    CAST(coalesce(sum(CAST(rating AS BIGINT)) FILTER (is_rating), 0) AS BIGINT) AS rating_sum,
    count(*) FILTER (is_rating) AS rating_count, max(at_ms) AS last_used_ms
FROM (SELECT *, action = 'rated' AND rating IN ('1', '2', '3', '4', '5') AS is_rating FROM used) AS used
JOIN names USING (name)
LEFT JOIN firsts ON firsts.event = used.name AND firsts.user_id = sent_user_id
GROUP BY 1 ORDER BY 1
"""
"""Select the usage by feature."""
