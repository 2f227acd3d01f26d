"""Benchmark rows of analytics: a day rolled up, funnels, the write units of its events, the size of the snippet."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench.round_trips import metered
from infra.bench.runs import ROOT, SUBJECTS, Subject, interleaved
from infra.bench.table import Row

TENANT = "store:bench"
EVENTS = 1_000
"""Of the row of units: 100 visits of 50 users."""


def rollup(rounds: int) -> list[Row]:
    """Compare a day's computation, without S3 and DynamoDB, with plain SQL over the same files and with SQLite."""
    events = 1_000_000 if rounds > 1 else 1_000
    with TemporaryDirectory(prefix="backroom-bench-") as folder:
        for script, *arguments in (["rollup_input.py", str(events)], ["rollup_sqlite.py"]):
            command = [sys.executable, str(SUBJECTS / script), folder, *arguments]
            subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
        subjects = [
            Subject(name, [sys.executable, SUBJECTS / f"rollup_{name}.py", folder, str(events // 10)])
            for name in ("ours", "bare", "sqlite")
        ]
        figures = interleaved(subjects, max(1, rounds // 2))
    ours, bare, sqlite = (figures[subject.name] for subject in subjects)
    what = f"{events:,} events rolled up"
    return [
        Row(what, str(ours), f"bare DuckDB {bare}", ours.beside(bare), 1.5),
        Row(what, str(ours), f"indexed SQLite {sqlite}", ours.beside(sqlite), 0.3),
    ]


def funnels(rounds: int) -> list[Row]:
    """Compare funnels of three steps, ordered and strict, with plain SQL over the same file."""
    events = 1_000_000 if rounds > 1 else 1_000
    rows = []
    with TemporaryDirectory(prefix="backroom-bench-") as folder:
        command = [sys.executable, str(SUBJECTS / "funnel_input.py"), folder, str(events)]
        subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
        for order in ("ordered", "strict"):
            reached = str(_persons_in_funnel(events))
            subjects = [
                Subject(name, [sys.executable, SUBJECTS / f"funnel_{name}.py", folder, order, reached])
                for name in ("ours", "bare")
            ]
            figures = interleaved(subjects, rounds)
            ours, bare = figures["ours"], figures["bare"]
            what = f"{order} funnel, {events:,} events"
            rows.append(Row(what, str(ours), f"bare DuckDB {bare}", ours.beside(bare), 1.3))
    return rows


def _persons_in_funnel(events: int) -> int:
    """Return the persons who do all steps: each seventh visit does, and a visitor comes twice."""
    visits = events // 10
    half = visits // 2
    return len({_person(visit, half) for visit in range(0, visits, 7)})


def _person(visit: int, half: int) -> str:
    """Return the person of a visit: each third has a user."""
    return f"{'user' if visit % 3 == 0 else 'visitor'} {visit % half}"


def write_units(_rounds: int) -> list[Row]:
    """Compare the write units of a day's computation with a row for each event, with two indexes and a counter.

    The latter are four units an event, because a row, an entry of an index and an update of a counter are one unit each.
    """
    from chalicelib.analytics.service import computation, ingest
    from chalicelib.kit import clock
    from chalicelib.kit.queue_records import ReceivedMessage

    day = clock.today() - timedelta(days=1)
    message = _message(day)
    with metered() as meter:
        ingest.ingest_events([ReceivedMessage("1", message)])
        computation.compute_day(TENANT, day)
    ours, peer = meter.cost.write_units, EVENTS * (1 + 2 + 1)
    return [Row(f"units of {EVENTS:,} events", f"{ours}", f"row, 2 indexes, counter {peer}", ours / peer, 0.35)]


def snippet_size(_rounds: int) -> list[Row]:
    """Measure the snippet as it is served, in bytes."""
    size = (ROOT / "chalicelib" / "analytics" / "pages" / "snippet.js").stat().st_size
    return [Row("snippet", "", "", size, 2000, "bytes")]


def _message(day: date) -> Any:
    """Return 1,000 events of 100 visits, as the collection sends them."""
    from chalicelib.analytics.domain.trust import Source
    from chalicelib.analytics.enums import CollectedType
    from chalicelib.analytics.schemas.messages import CollectedEvent, EventsCollected
    from chalicelib.kit import ids

    start = int((datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=1)).timestamp() * 1000)
    events = [
        CollectedEvent(
            id=ids.new(),
            type=CollectedType.PAGE_VIEW if number % 2 else CollectedType.USER_ACTION,
            name="page_view" if number % 2 else "user_action",
            at_ms=start + number // 10 * 60_000 + number % 10 * 30_000,
            received_ms=start,
            day=day,
            time_zone="UTC",
            source=Source.BROWSER,
            user_id=f"user-{number // 10 % 50}",
            session_id=f"session-{number // 10}",
            path=f"/products/{number % 10}",
        )
        for number in range(EVENTS)
    ]
    return EventsCollected(tenant=TENANT, events=events)
