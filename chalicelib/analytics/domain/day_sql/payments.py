"""The payments of a day, for the revenue: sums by event name, kind and currency."""

from __future__ import annotations

PAYMENTS = """
SELECT name AS event, coalesce(json_extract_string(data, '$.kind'), '') AS kind, coalesce(currency, '') AS currency,
    count(*) AS count, coalesce(sum(value), 0) AS amount,
    coalesce(sum(try_cast(json_extract_string(data, '$.addons') AS DECIMAL(38, 6))), 0) AS addons,
    coalesce(sum(try_cast(json_extract_string(data, '$.tax') AS DECIMAL(38, 6))), 0) AS tax
FROM events WHERE type = 'payment' AND json_valid(data) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
"""Select the sums of the payment events. Amounts are without tax, in the currency's main unit."""
