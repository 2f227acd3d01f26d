from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain import lake
from chalicelib.integrations import parquet

DAY = date(2026, 3, 29)
TENANTS = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())


@given(TENANTS, TENANTS)
def test_no_key_of_a_tenant_lies_under_the_prefix_of_another(tenant, other):
    keys = [lake.day_key(other, DAY), lake.part_key(other, DAY, "ab"), lake.firsts_key(other)]
    prefixes = (lake.tenant_prefix(tenant), lake.firsts_key(tenant))
    assert any(key.startswith(prefixes) for key in keys) == (tenant == other)


def test_day_and_parts_share_the_prefix_of_the_day():
    prefix = lake.day_prefix("shop:a.example:studio", DAY)
    assert prefix == "lake/analytics/events/tenant=shop%3Aa.example%3Astudio/day=2026-03-29/"
    assert lake.day_key("shop:a.example:studio", DAY) == f"{prefix}day.parquet"
    assert lake.part_key("shop:a.example:studio", DAY, "00ff") == f"{prefix}part-00ff.parquet"


def test_columns_make_a_parquet_file_that_is_read_by_column():
    row = dict.fromkeys(lake.EVENT_COLUMNS) | {"id": "1", "at_ms": "1774742400123", "day": "2026-03-29"}
    assert parquet.read_texts(parquet.write(lake.EVENT_COLUMNS, [row]), "at_ms") == ["1774742400123"]
