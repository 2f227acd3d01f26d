"""The rows of single events, page views and visits, as far as they differ from those of the computation before.

`day.parquet` has three columns in addition to those of a part: `row_digest`, of the event's or page view's row, and
`visit_digest`, of the row of the visit that begins with the event (null: there is no such row), and `person`, which
reports count (null: the event does not count, or nobody is known).
"""

from __future__ import annotations

from chalicelib.analytics.domain.day_sql.visits import WHO, WHO_LIMIT

KEEP_MS = 90 * 86_400_000
"""Older events have no rows."""
DIGESTS = ("row_digest", "visit_digest")

AT_ID = "strftime(make_timestamp(at_ms * 1000), '%Y-%m-%dT%H:%M:%S.%fZ') || '#' || id"

_CONTENT = """
version, received_ms, at_ms, type, name, user_id, session_id, visitor, path, referrer, device_type, browser, ip_hash, data,
value, currency
"""

EVENT_ROWS = f"""
CREATE TABLE event_rows AS
WITH views AS (
    SELECT id, (lead(at_ms) OVER (PARTITION BY key_number, chain ORDER BY position) - at_ms) // 1000 AS duration_seconds
    FROM chained WHERE type IN ('page_view', 'page_leave')
),
placed AS (SELECT * FROM counted LEFT JOIN members USING (id) LEFT JOIN views USING (id)),
known AS (SELECT *, if(type = 'page_view', coalesce(user_id, visit_user_id), user_id) AS row_user_id FROM placed)
SELECT id, visit_id, row_user_id, duration_seconds, coalesce(is_bounce, false) AS is_bounce,
    CAST(hash({_CONTENT}, if(type = 'page_view', (visit_id, row_user_id, duration_seconds, is_bounce), NULL)) >> 1 AS BIGINT)
    AS row_digest
FROM known
WHERE type <> 'page_leave' AND at_ms >= getvariable('now_ms') - {KEEP_MS}
    AND (type <> 'page_view' OR coalesce(is_settled, true))
    AND (getvariable('all_rows') OR row_user_id IS NOT NULL)
"""
"""Create `event_rows`: the rows of the day's events, and of the page views of settled visits."""

VISIT_ROWS = f"""
CREATE TABLE visit_rows AS
WITH places AS (
    SELECT visit_id, list_sort(list(DISTINCT {WHO}))[:{WHO_LIMIT}] AS who
    FROM chained JOIN (SELECT key_number, chain, visit_id FROM visits) USING (key_number, chain) GROUP BY visit_id
)
SELECT settled.*, CAST(hash(settled) >> 1 AS BIGINT) AS visit_digest FROM (
    SELECT visits.* EXCLUDE (key_number, chain, day, is_settled), channel, who
    FROM visits JOIN visit_channels USING (visit_id) JOIN places USING (visit_id)
    WHERE is_settled AND started_ms >= getvariable('now_ms') - {KEEP_MS}
) AS settled
"""
"""Create `visit_rows`: the rows of the settled visits that begin on the day."""

_OLD_DIGESTS = "SELECT id, row_digest FROM events_old WHERE row_digest IS NOT NULL"
_KEYS = f"id, type, {WHO} AS who, {AT_ID} AS at_id"

EVENTS_TO_PUT = f"""
WITH changed AS (
    SELECT event_rows.* FROM event_rows LEFT JOIN ({_OLD_DIGESTS}) old USING (id)
    WHERE getvariable('is_repair') OR old.row_digest IS DISTINCT FROM event_rows.row_digest
)
SELECT changed.*, counted.* EXCLUDE (id), {WHO} AS who, {AT_ID} AS at_id FROM changed JOIN counted USING (id)
"""
"""Select the rows that are new or have other content. The digest covers what the key is made of."""

EVENTS_TO_DELETE = f"""
WITH gone AS (
    SELECT old.id FROM ({_OLD_DIGESTS}) old LEFT JOIN event_rows USING (id)
    WHERE event_rows.row_digest IS DISTINCT FROM old.row_digest
)
SELECT who, at_id, type FROM (SELECT {_KEYS} FROM events_old SEMI JOIN gone USING (id))
ANTI JOIN (SELECT {_KEYS} FROM counted SEMI JOIN event_rows USING (id) SEMI JOIN gone USING (id)) USING (who, at_id, type)
"""
"""Select the keys of former rows that no row has any more."""

_OLD_VISITS = (
    "SELECT strftime(day, '%Y%m%d-') || id AS visit_id, visit_digest FROM events_old WHERE visit_digest IS NOT NULL"
)

VISITS_TO_PUT = f"""
SELECT visit_rows.* FROM visit_rows LEFT JOIN ({_OLD_VISITS}) old USING (visit_id)
WHERE getvariable('is_repair') OR old.visit_digest IS DISTINCT FROM visit_rows.visit_digest
"""

VISITS_TO_DELETE = f"SELECT visit_id FROM ({_OLD_VISITS}) ANTI JOIN visit_rows USING (visit_id)"

DAY = f"""
SELECT events.*, row_digest, visit_digest, acts.person FROM events
LEFT JOIN acts USING (id)
LEFT JOIN event_rows USING (id)
LEFT JOIN (SELECT substring(visit_id, {len("YYYYMMDD-") + 1}) AS id, visit_digest FROM visit_rows) USING (id)
ORDER BY at_ms, id
"""
"""Select the rows of the new `day.parquet`."""

LAST_OPEN = "SELECT max(ended_ms) FROM visits WHERE NOT is_settled"
