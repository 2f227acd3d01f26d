"""The subjects of an experiment as SQL of DuckDB: the variant that each saw first, and what it was worth after that.

Times are milliseconds since 1970 UTC. These variables are set: `test_id`, `metric`, `variant_count`, `start_ms`, `end_ms`,
and for each day `day` and `is_changed`.
"""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.analytics.domain.lake import EVENT_COLUMNS
from chalicelib.integrations.parquet import Kind

DAY_COLUMNS: Mapping[str, Kind] = {
    name: EVENT_COLUMNS[name]
    for name in ("id", "type", "name", "version", "at_ms", "received_ms", "user_id", "data", "value")
}
"""The columns of a day that are read."""
COLUMNS: Mapping[str, Kind] = {
    **{name: EVENT_COLUMNS[name] for name in ("id", "version", "received_ms", "day", "at_ms", "user_id", "value")},
    "position": Kind.INTEGER,
    "is_exposure": Kind.BOOLEAN,
    "is_changed": Kind.BOOLEAN,
}
"""The columns of `experiment_events`: exposures and conversions. `position` is the variant's, if `is_exposure`."""

ADD_DAY = """
INSERT INTO experiment_events
WITH ids AS (
    SELECT DISTINCT id FROM day_events WHERE name IN ('experiment_exposed', 'experiment_converted', getvariable('metric'))
),
latest AS (
    SELECT * FROM day_events SEMI JOIN ids USING (id)
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC, received_ms) = 1
),
marked AS (
    SELECT * REPLACE (if(json_valid(data), data, NULL) AS data),
        type = 'system' AND name = 'experiment_exposed' AS is_exposure,
        name = getvariable('metric') OR (type = 'system' AND name = 'experiment_converted') AS is_conversion
    FROM latest WHERE type <> 'bot' AND user_id IS NOT NULL
)
SELECT id, version, received_ms, getvariable('day'), at_ms, user_id, value,
    if(is_exposure, try_cast(json_extract_string(data, '$.position') AS BIGINT), NULL),
    is_exposure, getvariable('is_changed')
FROM marked WHERE (is_exposure OR is_conversion) AND coalesce(
    json_extract_string(data, '$.test'), if(name = getvariable('metric'), getvariable('test_id'), '')
) = getvariable('test_id')
"""
"""Add the exposures and conversions of `day_events`, the events of a day and its parts."""

SUBJECTS = """
WITH latest AS (
    SELECT * FROM experiment_events
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC, received_ms, day) = 1
),
exposed AS (
    SELECT user_id, min(at_ms) AS first_ms, first(position ORDER BY at_ms, id) AS position,
        count(DISTINCT position) > 1 AS is_excluded, bool_or(is_changed) AS is_changed
    FROM latest
    WHERE is_exposure AND position >= 0 AND position < getvariable('variant_count')
        AND at_ms BETWEEN getvariable('start_ms') AND getvariable('end_ms')
    GROUP BY user_id
),
converted AS (
    SELECT user_id, sum(greatest(least(coalesce(value, 0), 1000000000000000), -1000000000000000)) AS amount
    FROM latest JOIN exposed USING (user_id)
    WHERE NOT is_exposure AND value IS DISTINCT FROM 0 AND at_ms BETWEEN first_ms AND getvariable('end_ms')
    GROUP BY user_id
)
SELECT user_id AS subject, exposed.position, first_ms, is_excluded, is_changed, converted.user_id IS NOT NULL AS is_converted,
    coalesce(amount, 0) AS amount
FROM exposed LEFT JOIN converted USING (user_id) ORDER BY subject
"""
"""Select the exposed subjects. A value over 10^15 counts as 10^15, so that no sum overflows.

A conversion of value 0 is taken back. `is_changed`: an exposure of the subject lies on a day that changed.
"""
