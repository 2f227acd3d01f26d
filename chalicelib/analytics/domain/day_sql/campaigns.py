"""The results of e-mail campaigns, from the events of their days. Recipients count once for each kind of event."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.integrations.parquet import Kind

CONVERSION_MS = 7 * 86_400_000
"""A purchase counts for a campaign if the user clicked in it at most this long before."""
BOUGHT = "payment_succeeded"

DAY_COLUMNS: Mapping[str, Kind] = {
    "id": Kind.TEXT,
    "type": Kind.TEXT,
    "name": Kind.TEXT,
    "at_ms": Kind.INTEGER,
    "user_id": Kind.TEXT,
    "data": Kind.TEXT,
    "value": Kind.DECIMAL,
    "currency": Kind.TEXT,
}
CAMPAIGN_COLUMNS: Mapping[str, Kind] = {"campaign_id": Kind.TEXT, "currency": Kind.TEXT}
EMAIL_COLUMNS: Mapping[str, Kind] = {
    "campaign_id": Kind.TEXT,
    "name": Kind.TEXT,
    "recipient": Kind.TEXT,
    "user_id": Kind.TEXT,
    "at_ms": Kind.INTEGER,
}
PURCHASE_COLUMNS: Mapping[str, Kind] = {
    "id": Kind.TEXT,
    "user_id": Kind.TEXT,
    "at_ms": Kind.INTEGER,
    "value": Kind.DECIMAL,
    "currency": Kind.TEXT,
}

ADD_EMAILS = """
INSERT INTO emails
SELECT campaign_id, name, coalesce(user_id, json_extract_string(document, '$.recipient')), user_id, at_ms
FROM (
    SELECT *, json_extract_string(document, '$.campaign_id') AS campaign_id FROM (
        SELECT *, if(json_valid(data), data, '{}') AS document FROM day_events
        WHERE type = 'system' AND starts_with(name, 'email_')
    )
) SEMI JOIN campaigns USING (campaign_id)
"""
"""Add the day's events of e-mails of the campaigns."""

ADD_PURCHASES = f"""
INSERT INTO purchases
SELECT id, user_id, at_ms, value, currency FROM day_events ANTI JOIN purchases USING (id)
WHERE user_id IS NOT NULL AND (type = 'conversion' OR (type = 'payment' AND name = '{BOUGHT}'))
"""
"""Add the day's conversions and payments. An event that a day before has, too, counts there."""

_UNIQUE = {
    "sent": "email_sent",
    "delivered": "email_delivered",
    "unique_opens": "email_opened",
    "unique_clicks": "email_clicked",
    "bounces": "email_bounced",
    "complaints": "email_complained",
    "unsubscribes": "email_unsubscribed",
}
_COUNTS = ", ".join(
    f"count(DISTINCT recipient) FILTER (name = '{name}') AS {column}" for column, name in _UNIQUE.items()
)

RESULTS = f"""
WITH counted AS (
    SELECT campaign_id, {_COUNTS}, min(at_ms) FILTER (name = 'email_sent') AS first_sent_ms FROM emails GROUP BY campaign_id
),
bought AS (
    SELECT campaign_id, purchases.* FROM purchases CROSS JOIN campaigns
    WHERE EXISTS (
        FROM emails WHERE emails.campaign_id = campaigns.campaign_id AND emails.user_id = purchases.user_id
        AND name = 'email_clicked' AND purchases.at_ms - emails.at_ms BETWEEN 0 AND {CONVERSION_MS}
    )
),
ranked AS (
    SELECT campaign_id, currency FROM bought WHERE currency IS NOT NULL GROUP BY campaign_id, currency
    QUALIFY row_number() OVER (PARTITION BY campaign_id ORDER BY count(*) DESC, currency) = 1
),
currencies AS (
    SELECT campaign_id, coalesce(campaigns.currency, ranked.currency) AS currency
    FROM campaigns LEFT JOIN ranked USING (campaign_id)
),
earned AS (
    SELECT campaign_id, count(DISTINCT user_id) AS conversions,
        coalesce(sum(value) FILTER (bought.currency = currencies.currency), 0) AS revenue
    FROM bought JOIN currencies USING (campaign_id) GROUP BY campaign_id
)
SELECT campaign_id, {", ".join(f"coalesce({name}, 0) AS {name}" for name in _UNIQUE)},
    coalesce(conversions, 0) AS conversions, coalesce(revenue, 0) AS revenue, currency, first_sent_ms
FROM currencies LEFT JOIN counted USING (campaign_id) LEFT JOIN earned USING (campaign_id) ORDER BY campaign_id
"""
"""Select the results by campaign. Conversions are users who bought; revenue is in the campaign's currency, else in the
most frequent one of its purchases.
"""
