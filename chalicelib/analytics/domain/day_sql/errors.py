"""The errors of a day by group: counts, and the latest error of each group."""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.counts import OTHER
from chalicelib.analytics.domain.day_sql.union import BOT
from chalicelib.analytics.domain.fingerprints import (
    GIVEN_LENGTH,
    LENGTH,
    LIBRARY_FRAME,
    OUR_PACKAGE,
    VARIABLE_PARTS,
)
from chalicelib.analytics.domain.masked_text import MASK

GROUP_LIMIT = 500
MESSAGE_LENGTH = 500
TYPE_LENGTH = 100
_SHAPE_LENGTH = 2_000


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _shape(message: str) -> str:
    """Return the SQL of a message without its variable parts."""
    for pattern, replacement in VARIABLE_PARTS:
        message = f"regexp_replace({message}, {_quoted(pattern)}, {_quoted(replacement)}, 'g')"
    return message


def _groups(events: str) -> str:
    """Return the SQL of the errors in `events` with their fingerprints; errors beyond the limit are in `__other__`."""
    return f"""
documents AS (
    SELECT id, at_ms, name, if(json_valid(data), data, '{{}}') AS document FROM {events} WHERE type = 'error'
),
texts AS (
    SELECT id, at_ms, document, left(coalesce(json_extract_string(document, '$.type'), name), {TYPE_LENGTH}) AS error_type,
        left(coalesce(json_extract_string(document, '$.message'), ''), {_SHAPE_LENGTH}) AS message,
        left(json_extract_string(document, '$.fingerprint'), {GIVEN_LENGTH}) AS given,
        try_cast(json_extract(document, '$.frames') AS VARCHAR[][]) AS frames
    FROM documents
),
framed AS (
    SELECT *, list_filter(frames, lambda frame: split_part(frame[1], '.', 1) = '{OUR_PACKAGE}') AS ours,
        list_filter(frames, lambda frame: frame[1] IS NOT NULL AND NOT regexp_matches(frame[1], {_quoted(LIBRARY_FRAME)})) AS own
    FROM texts
),
printed AS (
    SELECT *, if(given <> '' AND NOT contains(given, '{MASK}'), given, left(sha256(to_json((error_type, coalesce(
        CAST(to_json(if(len(ours) > 0, ours, if(len(own) > 0, own, NULL))) AS VARCHAR), {_shape("message")}
    )))), {LENGTH})) AS own_fingerprint
    FROM framed
),
ranked AS (
    SELECT own_fingerprint, row_number() OVER (ORDER BY count(*) DESC, own_fingerprint) > {GROUP_LIMIT} AS is_other
    FROM printed GROUP BY own_fingerprint
),
grouped AS (
    SELECT printed.*, is_other, if(is_other, '{OTHER}', own_fingerprint) AS fingerprint
    FROM printed JOIN ranked USING (own_fingerprint)
)"""


ERROR_GROUPS = f"""
WITH {_groups("counted")},
latest AS (
    SELECT fingerprint, count(*) AS occurrences, min(at_ms) AS first_ms, max(at_ms) AS last_ms,
        count(DISTINCT person) AS users_affected, arg_max(id, (at_ms, id)) AS id
    FROM grouped JOIN (SELECT id, person FROM acts) USING (id) GROUP BY fingerprint
)
SELECT fingerprint, occurrences, users_affected, first_ms, last_ms, if(is_other, '{OTHER}', error_type) AS error_type,
    if(is_other, '', left(message, {MESSAGE_LENGTH})) AS error_message, if(is_other, '{{}}', document) AS data,
    if(is_other, NULL, path) AS path, if(is_other, NULL, browser) AS browser,
    if(is_other, NULL, device_type) AS device_type, if(is_other, NULL, user_id) AS user_id
FROM latest JOIN grouped USING (id, fingerprint)
JOIN (SELECT id, path, browser, device_type, user_id FROM counted) USING (id)
ORDER BY fingerprint
"""
"""Select the day's groups of errors, at most GROUP_LIMIT and `__other__`."""

_OLD = f"(SELECT * FROM events_old WHERE type <> '{BOT}')"

FORMER_FINGERPRINTS = f"WITH {_groups(_OLD)} SELECT DISTINCT fingerprint FROM grouped ORDER BY fingerprint"
"""Select the groups that the computation before counted."""
