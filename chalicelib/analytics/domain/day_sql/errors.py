"""The errors of a day by fingerprint: the given one, else type and own frames, else type and message without its details."""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.counts import OTHER

GROUP_LIMIT = 500

_DETAILS = (
    "'[^']*'|\"[^\"]*\"",
    "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    r"\b0[xX][0-9a-fA-F]+\b|\b[0-9a-fA-F]{8,}\b",
    r"\d+",
)
"""Quoted texts, UUIDs, hexadecimal numbers, numbers."""


def _without_details(text: str) -> str:
    for pattern in _DETAILS:
        text = f"regexp_replace({text}, '{pattern.replace(chr(39), chr(39) * 2)}', '', 'g')"
    return text


def _property(name: str) -> str:
    return f"coalesce(json_extract_string(data, '$.{name}'), '')"


ERROR_GROUPS = f"""
WITH raised AS (
    SELECT id, acts.at_ms, person, data,
        coalesce(json_extract_string(data, '$.fingerprint'), md5({_property("type")} || chr(10) || coalesce(
            nullif(nullif({_property("frames")}, '[]'), ''), {_without_details(_property("message"))}
        ))) AS fingerprint
    FROM acts JOIN (SELECT id, if(json_valid(data), data, '{{}}') AS data FROM counted WHERE type = 'error') USING (id)
),
ranked AS (
    SELECT fingerprint, row_number() OVER (ORDER BY count(*) DESC, fingerprint) > {GROUP_LIMIT} AS is_other
    FROM raised GROUP BY fingerprint
)
SELECT if(is_other, '{OTHER}', fingerprint) AS fingerprint, count(*) AS occurrences, count(DISTINCT person) AS users_affected,
    min(at_ms) AS first_ms, max(at_ms) AS last_ms, arg_max(data, (at_ms, id)) AS data
FROM raised JOIN ranked USING (fingerprint) GROUP BY 1 ORDER BY 1
"""
"""Select the groups with their number of errors, distinct persons, first and last time, and the data of the latest."""
