"""The numbers of a tenant's day, computed by SQL from its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from chalicelib.analytics.domain.channels import channel_of
from chalicelib.analytics.domain.day_sql import counts, errors, payments, rows, traffic, union, users, visits
from chalicelib.analytics.domain.lake import EVENT_COLUMNS
from chalicelib.analytics.domain.local_days import day_bounds, milliseconds, neighbors
from chalicelib.analytics.domain.revenue_days import PaymentSum
from chalicelib.integrations import duckdb_engine
from chalicelib.integrations.duckdb_engine import Database
from chalicelib.integrations.parquet import Kind

Row = dict[str, Any]

DAY_COLUMNS: Mapping[str, Kind] = {**EVENT_COLUMNS, **dict.fromkeys(rows.DIGESTS, Kind.INTEGER), "person": Kind.TEXT}
FIRSTS_COLUMNS: Mapping[str, Kind] = {"event": Kind.TEXT, "user_id": Kind.TEXT, "first_day": Kind.DATE}


@dataclass(frozen=True, slots=True)
class DayOptions:
    """What a computation depends on, apart from the events.

    `counted` maps an event name to the property of its data that its counts are split by. `all_rows` is false if events
    without a user have no rows. `is_repair` writes rows even if they seem unchanged.
    """

    tenant: str
    day: date
    now: datetime
    counted: Mapping[str, str]
    all_rows: bool = True
    is_repair: bool = False


class DayDatabase:
    """The events of one day. Call the methods in their order."""

    def __init__(self, database: Database, options: DayOptions) -> None:
        self._database, self._options = database, options

    def load(self, day_file: bytes | None, parts: Iterable[bytes]) -> list[str]:
        """Load the day's object and its parts, in place of any before; return the distinct user ids of the parts."""
        self._database.create_view("events_old", DAY_COLUMNS, [day_file] if day_file else [])
        self._database.create_view("arrived_parts", EVENT_COLUMNS, parts)
        columns = ", ".join(EVENT_COLUMNS)
        self._database.run(
            f"CREATE OR REPLACE VIEW arrived AS SELECT {columns} FROM events_old UNION ALL SELECT {columns} FROM arrived_parts"  # noqa: S608
        )
        return [
            str(row["user_id"])
            for row in self._database.rows(
                "SELECT DISTINCT user_id FROM arrived_parts WHERE user_id IS NOT NULL ORDER BY 1"
            )
        ]

    def unite(self) -> tuple[bool, bool]:
        """Merge the events. Returns whether the computation needs the day before, and the day after."""
        options = self._options
        self._database.set_variables(
            {
                "day": options.day,
                "now_ms": milliseconds(options.now),
                "tenant": options.tenant,
                "all_rows": options.all_rows,
                "is_repair": options.is_repair,
            }
        )
        self._database.run(*union.STEPS)
        zones = [
            str(row["time_zone"]) for row in self._database.rows("SELECT DISTINCT time_zone FROM events ORDER BY 1")
        ]
        days = (options.day, *neighbors(options.day))
        self._database.create_table(
            "zones",
            {"time_zone": Kind.TEXT, "day": Kind.DATE, "start_ms": Kind.INTEGER, "end_ms": Kind.INTEGER},
            [(zone, day, *day_bounds(day, zone)) for zone in zones for day in days],
        )
        [needed] = self._database.rows(union.NEIGHBORS)
        return bool(needed["before"]), bool(needed["after"])

    def place_visits(self, before: bytes | None, after: bytes | None) -> None:
        """Find the visits of the day; `before` and `after` are the objects of its neighbors, if they are needed."""
        self._database.create_view("events_before", EVENT_COLUMNS, [before] if before else [])
        self._database.create_view("events_after", EVENT_COLUMNS, [after] if after else [])
        self._database.run(union.COUNTED, *visits.STEPS)
        sources = self._database.rows(visits.SOURCES)
        self._database.create_table(
            "channels",
            {"referrer": Kind.TEXT, "utm": Kind.TEXT, "channel": Kind.TEXT},
            [(row["referrer"], row["utm"], channel_of(row["referrer"], row["utm"]).value) for row in sources],
        )
        self._database.create_table(
            "counted_properties",
            {"event": Kind.TEXT, "pointer": Kind.TEXT},
            [(event, _pointer(name)) for event, name in self._options.counted.items()],
        )
        self._database.run(
            traffic.VISIT_CHANNELS, users.BOOKINGS, traffic.FIRSTS_OF_DAY, rows.EVENT_ROWS, rows.VISIT_ROWS
        )

    def changed_neighbors(self) -> list[date]:
        """Return the neighbors whose visits may change, because events changed that continue over midnight."""
        before, after = neighbors(self._options.day)
        changed = {before: union.CHANGED_AT_START, after: union.CHANGED_AT_END}
        return [day for day, query in changed.items() if self._database.value(query)]

    def unite_firsts(self, firsts: bytes | None) -> tuple[bool, list[date]]:
        """Merge the first days of known users with those of this day.

        Returns whether they changed, and the days that were a user's first and are no longer.
        """
        self._database.create_view("firsts_old", FIRSTS_COLUMNS, [firsts] if firsts else [])
        self._database.run(traffic.FIRSTS)
        moved = [row["first_day"] for row in self._database.rows(traffic.MOVED_DAYS)]
        return bool(self._database.value(traffic.FIRSTS_CHANGED)), moved

    def firsts_file(self) -> bytes:
        """Return the first days as a Parquet file."""
        return self._database.parquet("SELECT * FROM firsts ORDER BY user_id, event")

    def day_file(self) -> bytes:
        """Return the day's events as a Parquet file."""
        return self._database.parquet(rows.DAY)

    def event_count(self) -> int:
        """Return the number of the day's events."""
        return int(self._database.value("SELECT count(*) FROM events"))

    def last_open_ms(self) -> int | None:
        """Return when the last visit that is not settled had its last event, in milliseconds; None if all are settled."""
        ended: int | None = self._database.value(rows.LAST_OPEN)
        return ended

    def traffic(self) -> Row:
        """Return the day's traffic."""
        [row] = self._database.rows(traffic.TRAFFIC)
        return row

    def top(self) -> dict[str, list[tuple[str, int]]]:
        """Return the day's most frequent values by list."""
        lists: dict[str, list[tuple[str, int]]] = {}
        for row in self._database.rows(traffic.TOP):
            lists.setdefault(row["list"], []).append((row["text"], row["count"]))
        return lists

    def recent(self) -> list[Row]:
        """Return the day's last events."""
        return self._database.rows(traffic.RECENT)

    def event_counts(self) -> list[Row]:
        """Return the counts by event and value."""
        return self._database.rows(counts.EVENT_COUNTS)

    def features(self) -> list[Row]:
        """Return the usage by feature."""
        return self._database.rows(counts.FEATURES)

    def former_names(self) -> list[str]:
        """Return the event names whose counts the computation before may have written."""
        return [str(row["name"]) for row in self._database.rows(counts.FORMER_NAMES)]

    def former_users(self) -> list[str]:
        """Return the users whose scores the computation before may have written, and that have no event any more."""
        return [str(row["user_id"]) for row in self._database.rows(users.FORMER_USERS)]

    def former_partners(self) -> list[str]:
        """Return the partners whose bookings the computation before counted."""
        return [str(row["partner_id"]) for row in self._database.rows(users.FORMER_PARTNERS)]

    def engagement(self) -> Iterator[Row]:
        """Iterate over the engagement of the day's users."""
        return self._database.iterate(users.ENGAGEMENT)

    def partners(self) -> list[Row]:
        """Return the bookings by partner."""
        return self._database.rows(users.PARTNERS)

    def payments(self) -> list[PaymentSum]:
        """Return the sums of the day's payments."""
        return [PaymentSum(**row) for row in self._database.rows(payments.PAYMENTS)]

    def error_groups(self) -> list[Row]:
        """Return the groups of errors, each with its latest error."""
        return self._database.rows(errors.ERROR_GROUPS)

    def former_fingerprints(self) -> list[str]:
        """Return the groups of errors that the computation before counted."""
        return [str(row["fingerprint"]) for row in self._database.rows(errors.FORMER_FINGERPRINTS)]

    def events_to_put(self) -> Iterator[Row]:
        """Iterate over the events and page views whose rows are new or changed."""
        return self._database.iterate(rows.EVENTS_TO_PUT)

    def events_to_delete(self) -> Iterator[Row]:
        """Iterate over the keys and types of events and page views that no longer have a row."""
        return self._database.iterate(rows.EVENTS_TO_DELETE)

    def visits_to_put(self) -> Iterator[Row]:
        """Iterate over the visits whose rows are new or changed."""
        return self._database.iterate(rows.VISITS_TO_PUT)

    def visits_to_delete(self) -> list[str]:
        """Return the ids of visits that no longer have a row."""
        return [str(row["visit_id"]) for row in self._database.rows(rows.VISITS_TO_DELETE)]


@contextmanager
def open_day(options: DayOptions) -> Iterator[DayDatabase]:
    """Open the database of a day."""
    with duckdb_engine.open_database() as database:
        yield DayDatabase(database, options)


def _pointer(name: str) -> str:
    """Return the JSON pointer of an object's property (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
