"""The known users of the last 7 and 30 days, counted from the days of the lake after each midnight of the site."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.analytics.domain.day_sql import active_users as active_user_sql
from chalicelib.analytics.repository import event_days, lake, rollup_days
from chalicelib.integrations import duckdb_engine
from chalicelib.integrations.parquet import Kind

MONTH = 30
REPEATED = 3
"""Days before the ended one that are counted again, because browsers may send for 72 hours."""


def count_active_users(tenant: str, day: date) -> None:
    """Set the active users of 7 and 30 days in the traffic of `day` and of the three days before.

    A day without events has no row, and gets none.
    """
    ended = [day - timedelta(days=age) for age in range(REPEATED + 1)]
    first_day = ended[-1] - timedelta(days=MONTH - 1)
    with duckdb_engine.open_database() as database:
        database.create_table("ended", {"day": Kind.DATE}, [(each,) for each in ended])
        database.create_table("active", active_user_sql.ACTIVE_COLUMNS)
        for stored in event_days.list_by_tenant(tenant, first_day, day):
            united = lake.find_day(tenant, stored.day)
            if united is not None:
                database.set_variables({"day": stored.day})
                with database.temporary_view("day_events", active_user_sql.DAY_COLUMNS, [united.content]):
                    database.run(active_user_sql.ADD_DAY)
        counts = database.rows(active_user_sql.COUNTS)
    for row in counts:
        rollup_days.set_active_users(tenant, row["day"], row["week"], row["month"])
