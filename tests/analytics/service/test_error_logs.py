from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from chalicelib.analytics.domain.fingerprints import group_id
from chalicelib.analytics.enums import Severity
from chalicelib.analytics.models import ErrorGroup, Site
from chalicelib.analytics.repository import event_days
from chalicelib.analytics.service import error_logs, own_sites
from chalicelib.kit import clock, error_reports, messages
from chalicelib.kit.error_reports import ErrorRaised, error_raised
from tests.analytics.collection_factories import queued_events
from tests.analytics.event_factories import TENANT, LakeEvent, lake_event, local, store

DAY = "2026-03-28"


def error(at: str, number: int | None = None, **data: Any) -> LakeEvent:
    document = {"type": "TypeError", "message": "x is undefined", **data}
    return lake_event(at, number, type="error", name="js_error", data=json.dumps(document))


def groups(tenant: str = TENANT) -> list[ErrorGroup]:
    return sorted(ErrorGroup.query(tenant), key=lambda row: row.fingerprint)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"message": "order 12 failed"}, {"message": "order 9,999 failed"}, True),
        ({"message": "no 'Jane'"}, {"message": "no 'Bob'"}, True),
        ({"message": "can't load"}, {"message": "can't save"}, False),
        ({"message": 'no "a"'}, {"message": 'no "b c"'}, True),
        (
            {"message": "id 5f0c1f7e-7d43-4b3f-9a0e-0c2b8c1d6a55"},
            {"message": "id 00000000-7d43-4b3f-9a0e-0c2b8c1d6a56"},
            True,
        ),
        ({"message": "at 0xdeadbeef"}, {"message": "at 0x1"}, True),
        ({"message": "commit abcdefab"}, {"message": "commit fedcbafedc"}, True),
        ({"type": "A"}, {"type": "B"}, False),
        ({"frames": [["a", "f"]], "message": "x"}, {"frames": [["a", "f"]], "message": "y"}, True),
        ({"frames": [["a", "f"]]}, {"frames": [["a", "g"]]}, False),
        ({"frames": [["a", "f"], ["/node_modules/b", "g"]]}, {"frames": [["a", "f"]]}, True),
        ({"frames": [["chalicelib.a", "f"], ["json", "g"]]}, {"frames": [["chalicelib.a", "f"], ["re", "h"]]}, True),
        ({"frames": "none", "message": "x"}, {"frames": [], "message": "y"}, False),
        ({"fingerprint": "f", "type": "A"}, {"fingerprint": "f", "type": "B"}, True),
        ({"fingerprint": "f"}, {"fingerprint": "g"}, False),
        ({"fingerprint": "***", "message": "x"}, {"fingerprint": "***", "message": "y"}, False),
    ],
)
def test_errors_are_grouped(
    compute_due_days: Callable[[], int], one: dict[str, Any], other: dict[str, Any], is_same: bool
) -> None:
    store([error(f"{DAY} 10:00", **one), error(f"{DAY} 11:00", **other)])
    compute_due_days()

    assert [row.occurrences for row in groups()] == ([2] if is_same else [1, 1])


def test_group_shows_the_latest_error_and_counts_by_day(compute_due_days: Callable[[], int]) -> None:
    store(
        [
            error(f"{DAY} 10:00", 1, fingerprint="f", severity="critical", stack="s" * 5_000),
            error(f"{DAY} 09:00", 2, fingerprint="f", severity="info"),
            error("2026-03-27 09:00", 3, fingerprint="f", severity="nonsense", cart=3),
        ]
    )
    compute_due_days()

    [row] = groups()
    assert (row.id, row.fingerprint) == (group_id("f"), "f")
    assert (row.days, row.occurrences) == ({"2026-03-27": 1, DAY: 2}, 3)
    assert (row.severity, row.unresolved) == (Severity.CRITICAL, f"{TENANT}#critical")
    assert row.stack_trace == "s" * 3_000
    assert (row.first_seen_at, row.occurred_at) == (local("2026-03-27 09:00"), local(f"{DAY} 10:00"))
    assert row.users_affected == 1
    assert row.context == {"path": "/"}
    assert row.expires_epoch == row.occurred_at + ErrorGroup.KEEP


def test_computing_again_changes_no_group(compute_due_days: Callable[[], int]) -> None:
    store([error(f"{DAY} 10:00", 1), error("2026-03-27 10:00", 2)])
    compute_due_days()
    before = [row.attribute_values for row in groups()]

    store([error(f"{DAY} 10:00", 1)])
    event_days.mark_due(TENANT, date(2026, 3, 27), clock.now())
    compute_due_days()

    assert [row.attribute_values for row in groups()] == before


def test_newer_version_moves_an_error_to_another_group(compute_due_days: Callable[[], int]) -> None:
    store([error(f"{DAY} 10:00", 1, fingerprint="f"), error("2026-03-27 10:00", 2, fingerprint="f")])
    compute_due_days()
    for number, at in ((1, f"{DAY} 10:00"), (2, "2026-03-27 10:00")):
        store([{**error(at, number, fingerprint="g"), "version": 1}])
        compute_due_days()

    assert [(row.fingerprint, row.occurrences) for row in groups()] == [("g", 2)]


def test_repair_removes_a_day_that_a_stalled_computation_added(compute_due_days: Callable[[], int]) -> None:
    store([error(f"{DAY} 10:00", 1, fingerprint="f")])
    compute_due_days()
    day = date.fromisoformat(DAY)
    stray = {**_day_group(), "fingerprint": "stray"}
    error_logs.write_error_days(TENANT, day, [stray], [])
    assert event_days.lease(TENANT, day, 0) is not None
    event_days.mark_due(TENANT, day, clock.now())
    compute_due_days()

    assert [row.fingerprint for row in groups()] == ["f"]


def _day_group() -> dict[str, Any]:
    at_ms = int(local(f"{DAY} 10:00").timestamp() * 1000)
    return {
        "fingerprint": "f",
        "occurrences": 1,
        "users_affected": 1,
        "first_ms": at_ms,
        "last_ms": at_ms,
        "error_type": "E",
        "error_message": "m",
        "data": "{}",
        "path": None,
        "browser": None,
        "device_type": None,
        "user_id": None,
    }


def test_later_error_reopens_a_resolved_group(compute_due_days: Callable[[], int], week_clock: Any) -> None:
    store([error(f"{DAY} 10:00", 1, fingerprint="f")])
    compute_due_days()
    resolved = error_logs.resolve_error(TENANT, group_id("f"), "operator:op")
    assert (resolved.is_resolved, resolved.resolved_by) == (True, "operator:op")
    assert groups()[0].unresolved is None

    store([error(f"{DAY} 09:00", 2, fingerprint="f")])
    compute_due_days()
    [row] = groups()
    assert (row.is_resolved, row.occurrences) == (True, 2)

    week_clock.move(days=1)
    store([error("2026-03-30 11:00", 3, fingerprint="f")])
    week_clock.move(days=1)
    compute_due_days()
    [row] = groups()
    assert not row.is_resolved
    assert row.resolved_at is None
    assert row.unresolved == f"{TENANT}#error"


def test_days_are_kept_for_ninety_days_after_the_latest(compute_due_days: Callable[[], int], week_clock: Any) -> None:
    store([error("2026-03-28 10:00", 1, fingerprint="f")])
    compute_due_days()
    week_clock.move(days=100)
    store([error("2026-07-01 10:00", 2, fingerprint="f")])
    compute_due_days()

    [row] = groups()
    assert row.days == {"2026-07-01": 1}
    store([error("2026-03-29 10:00", 3, fingerprint="f")])
    compute_due_days()
    assert groups()[0].days == {"2026-07-01": 1}


def test_a_day_has_at_most_five_hundred_groups(compute_due_days: Callable[[], int]) -> None:
    often = [error(f"{DAY} 10:00", fingerprint="often") for _ in range(2)]
    store([*often, *(error(f"{DAY} 11:00", fingerprint=f"f{number:04}") for number in range(510))])
    compute_due_days()

    rows = {row.fingerprint: row for row in groups()}
    assert len(rows) == 501
    assert (rows["often"].occurrences, rows["__other__"].occurrences) == (2, 11)
    assert (rows["__other__"].error_message, rows["__other__"].context) == ("", None)


def test_unreadable_data_is_an_error_all_the_same(compute_due_days: Callable[[], int]) -> None:
    store(
        [
            lake_event(f"{DAY} 10:00", type="error", name="boom", data=data)
            for data in (None, '{"frames":[1]}', '{"frames":{}}')
        ]
    )
    compute_due_days()

    [row] = groups()
    assert (row.error_type, row.error_message, row.occurrences) == ("boom", "", 3)


def raised(text: str) -> Exception:
    try:
        raise RuntimeError(text)
    except RuntimeError as caught:
        return caught


def test_error_of_our_own_code_becomes_an_event_of_the_platform(drain: Callable[[], list[Any]]) -> None:
    report = error_raised(raised("no order 5 of 'Jane'"), drain)
    for _ in range(2):
        error_logs.record_error(report)

    first, second = [event for message in queued_events() for event in message.events]
    assert (first.id, first.type, first.user_id) == (second.id, "error", None)
    data = json.loads(first.data or "")
    assert data["fingerprint"].replace("-", "") == report.fingerprint
    assert (data["type"], data["severity"], data["message"]) == ("RuntimeError", "error", report.message)
    assert "raised:" in data["stack"]
    assert Site.get("platform").name == "Platform"


def test_long_stack_loses_its_outermost_frames() -> None:
    stack = "\n".join(f"chalicelib.module.number_{number}.function:{number}" for number in range(200))
    error_logs.record_error(error_raised(raised("x"), raised).model_copy(update={"stack": stack, "message": "é" * 500}))

    [event] = [event for message in queued_events() for event in message.events]
    assert event.data is not None
    assert len(event.data.encode()) <= 4_000
    assert json.loads(event.data)["stack"].endswith(":199")


def test_failing_request_shows_in_the_error_log(
    compute_due_days: Callable[[], int], drain: Callable[[], list[Any]]
) -> None:
    messages.publish(error_raised(raised("lost"), drain))
    assert drain() == []
    compute_due_days()

    [row] = groups("platform")
    assert (row.error_type, row.error_message, row.occurrences) == ("RuntimeError", "lost", 1)


def test_error_in_our_own_jobs_raises_no_event(monkeypatch: pytest.MonkeyPatch, drain: Callable[[], list[Any]]) -> None:
    reports: list[ErrorRaised] = []
    monkeypatch.setattr(error_reports, "report", lambda error, function: reports.append(error))
    monkeypatch.setattr(own_sites, "track", lambda *_: 1 / 0)
    messages.publish(error_raised(raised("lost"), drain))

    assert len(drain()) == 1
    assert reports == []
