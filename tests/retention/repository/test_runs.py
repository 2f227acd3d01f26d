"""Where a run stands, with several workers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.kit.errors import Conflict, WriteConflict
from chalicelib.retention.domain.archive_pages import SegmentCursor, SegmentMove
from chalicelib.retention.models import RunStatus
from chalicelib.retention.repository import runs
from tests.retention.conftest import CUT_OFF
from tests.retention.crash import hooked

RULE, RUN = "shops/installation_logs", "20261120T030000Z"
KEY = {"shop": {"S": "a.myshopify.com"}, "id": {"S": "1"}}


def test_a_run_opens_once_with_every_segment_at_its_start() -> None:
    runs.add(RULE, RUN, CUT_OFF, segments=3)
    with pytest.raises(Conflict):
        runs.add(RULE, RUN, CUT_OFF, segments=5)
    run = runs.get(RULE, RUN)
    assert runs.segment_cursors(run) == {0: SegmentCursor(), 1: SegmentCursor(), 2: SegmentCursor()}
    assert (run.status, run.cut_off) == (RunStatus.RUNNING, CUT_OFF)


def test_the_latest_run_is_the_newest_in_time() -> None:
    assert runs.latest(RULE) is None
    for run in ("20261119T030000Z", "20270101T030000Z", "20261120T030000Z"):
        runs.add(RULE, run, CUT_OFF, segments=1)
    latest = runs.latest(RULE)
    assert latest is not None
    assert latest.run == "20270101T030000Z"


def test_a_segment_moves_only_from_its_current_cursor() -> None:
    run = runs.add(RULE, RUN, CUT_OFF, segments=2)
    second = SegmentCursor().next(KEY)
    runs.advance_segment(run, SegmentMove(0, SegmentCursor(), second))
    with pytest.raises(WriteConflict):
        runs.advance_segment(run, SegmentMove(0, SegmentCursor(), None))
    assert runs.segment_cursors(runs.get(RULE, RUN)) == {0: second, 1: SegmentCursor()}


def test_the_last_segment_completes_the_run() -> None:
    run = runs.add(RULE, RUN, CUT_OFF, segments=2)
    runs.advance_segment(run, SegmentMove(0, SegmentCursor(), None), deleted=3)
    assert runs.get(RULE, RUN).status is RunStatus.RUNNING
    runs.advance_segment(run, SegmentMove(1, SegmentCursor(), None), deleted=4)
    done = runs.get(RULE, RUN)
    assert (done.status, done.rows_deleted, done.cursor) == (RunStatus.COMPLETED, 7, {})
    with pytest.raises(WriteConflict):
        runs.advance_segment(run, SegmentMove(1, SegmentCursor(), None))


def test_concurrent_moves_of_two_segments_are_both_stored() -> None:
    run = runs.add(RULE, RUN, CUT_OFF, segments=2)
    waiting = iter([lambda: runs.advance_segment(run, SegmentMove(1, SegmentCursor(), None))])

    def interfere() -> None:
        for move in waiting:
            move()

    with hooked("before-call", "TransactWriteItems", interfere):
        runs.advance_segment(run, SegmentMove(0, SegmentCursor(), SegmentCursor().next(KEY)))
    assert runs.segment_cursors(runs.get(RULE, RUN)) == {0: SegmentCursor(1, KEY)}


def test_many_segments_move_concurrently() -> None:
    run = runs.add(RULE, RUN, CUT_OFF, segments=6)

    def walk(segment: int) -> None:
        place = SegmentCursor()
        for _ in range(5):
            runs.advance_segment(run, SegmentMove(segment, place, place.next(KEY)), deleted=1)
            place = place.next(KEY)
        runs.advance_segment(run, SegmentMove(segment, place, None))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(walk, range(6)))
    done = runs.get(RULE, RUN)
    assert (done.status, done.rows_deleted) == (RunStatus.COMPLETED, 30)
