from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.analytics.domain.local_days import milliseconds
from chalicelib.analytics.enums import ExperimentStatus, MetricKind
from chalicelib.analytics.models import Experiment, ExperimentAssignment
from chalicelib.analytics.repository import assignments
from chalicelib.analytics.service import computation, due_experiments, result, stop
from chalicelib.analytics.service.due_experiments import send_due_experiments
from chalicelib.analytics.service.experiment_results import compute_experiment
from chalicelib.kit import clock, messages, tombstones
from chalicelib.kit.messages import Message
from tests.analytics.event_factories import TENANT, LakeEvent, store
from tests.analytics.experiment_factories import conversion, exposure, later, recount, running_experiment
from tests.analytics.experiment_strategies import END, START, histories
from tests.examples import examples

Compute = Callable[[], int]


@pytest.fixture(autouse=True)
def site(new_site):
    new_site(TENANT)


@pytest.fixture
def sent(monkeypatch) -> list[Any]:
    """The messages that are published; they go to their queue, too."""
    published: list[Any] = []
    publish = messages.publish

    def record(message: Message, **options: Any) -> None:
        published.append(message)
        publish(message, **options)

    monkeypatch.setattr(messages, "publish", record)
    return published


def begin(test: str, **columns: Any) -> None:
    Experiment(test).update([getattr(Experiment, name).set(value) for name, value in columns.items()])


def figures(test: str) -> list[list[Any]]:
    return [
        [each.exposures, each.conversions, each.revenue, each.revenue_squares] for each in result(TENANT, test).variants
    ]


def assigned(test: str) -> dict[str, tuple[str, bool, int]]:
    rows = ExperimentAssignment.query(test)
    return {row.subject: (row.variant, row.is_excluded, milliseconds(row.assigned_at)) for row in rows}


def store_and_compute(events: Sequence[LakeEvent], most_days: int = 10) -> None:
    store(events)
    for day in sorted({event["day"] for event in events})[:most_days]:
        computation.compute_day(TENANT, day)


@settings(max_examples=examples(5), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_results_equal_a_plain_recount(data, engine, new_site):
    engine.restore()
    new_site(TENANT)
    test, other = running_experiment(4000, 3000, 3000, kind=MetricKind.MEAN), running_experiment(name="Other")
    begin(test, started_at=START, ended_at=END, status=ExperimentStatus.STOPPED)
    events = data.draw(histories(test, other))
    first = data.draw(st.integers(0, len(events)))
    store_and_compute(events[:first], most_days=1)
    compute_experiment(test)
    store(events[first:])
    compute_experiment(test)

    sums, multiple, rows = recount(test, events, 3, (milliseconds(START), milliseconds(END)))

    assert figures(test) == sums
    assert result(TENANT, test).multiple_exposures == multiple
    assert assigned(test) == rows


def test_experiment_of_two_thousand_customers_finds_its_winner():
    test = running_experiment(kind=MetricKind.PROPORTION)
    now = clock.now()
    begin(test, started_at=now - timedelta(days=8))
    events = []
    for number in range(2000):
        position = number % 2
        seen_at = later(now, days=-7, seconds=number)
        events.append(exposure(test, f"c{number}", position, seen_at))
        if number % 20 < (3, 9)[position] * 2 and number % 4 < 2 + 2 * position:
            events.append(conversion(None, f"c{number}", later(seen_at, minutes=5), "20.00"))
    store(events)

    compute_experiment(test)

    read = result(TENANT, test)
    assert [each.exposures for each in read.variants] == [1000, 1000]
    assert read.winner == "b"
    assert read.confidence_level == Decimal("99.99")
    assert read.variant_b_conversions > read.variant_a_conversions > 0
    assert read.statistics is not None
    assert read.statistics["b"]["effect"] > 0
    assert len(assigned(test)) == 2000


def test_conversion_before_the_first_exposure_and_of_another_test_does_not_count():
    test, now = running_experiment(kind=MetricKind.MEAN), clock.now()
    begin(test, started_at=later(now, hours=-5))
    at = later(now, hours=-2)
    store(
        [
            exposure(test, "c1", 1, at),
            conversion(test, "c1", later(at, milliseconds=-1), 100),
            conversion(test, "c1", at, 3),
            conversion(None, "c1", later(at, hours=1), 4),
            conversion("another", "c1", at, 50),
            conversion(None, "c1", at, 60, data='{"test":"another"}'),
            conversion(None, "c2", at, 70),
        ]
    )
    compute_experiment(test)
    assert figures(test) == [[0, 0, 0, 0], [1, 1, Decimal(7), Decimal(49)]]


def test_newest_version_counts_and_zero_takes_back_on_another_day():
    test, now = running_experiment(kind=MetricKind.MEAN), clock.now()
    begin(test, started_at=later(now, days=-5))
    at = later(now, days=-3)
    first = conversion(test, "c1", at, 10)
    store_and_compute([exposure(test, "c1", 0, at), first, conversion(test, "c1", at, 1)])
    compute_experiment(test)
    assert figures(test)[0] == [1, 1, Decimal(11), Decimal(121)]
    store([conversion(test, "c1", later(at, days=1), 0, id=first["id"], version=1)])
    compute_experiment(test)
    assert figures(test)[0] == [1, 1, Decimal(1), Decimal(1)]


def test_newest_version_of_the_day_after_the_end_takes_its_conversion_out_of_the_experiment():
    test = running_experiment(kind=MetricKind.MEAN)
    begin(test, started_at=START, ended_at=END, status=ExperimentStatus.STOPPED)
    at = later(END, milliseconds=-1)
    first = conversion(test, "c1", at, 10)
    store([exposure(test, "c1", 0, START), first])
    compute_experiment(test)
    assert figures(test)[0] == [1, 1, Decimal(10), Decimal(100)]
    store([conversion(test, "c1", later(at, days=1), 10, id=first["id"], version=1)])
    compute_experiment(test)
    assert figures(test)[0] == [1, 0, Decimal(0), Decimal(0)]


def test_subject_of_two_variants_counts_in_neither():
    test, now = running_experiment(), clock.now()
    begin(test, started_at=later(now, days=-5))
    at = later(now, days=-2)
    store_and_compute([exposure(test, "c1", 0, at), exposure(test, "c2", 0, at)])
    compute_experiment(test)
    store([exposure(test, "c1", 1, later(at, days=1)), exposure(test, "c2", 0, later(at, days=1))])
    compute_experiment(test)
    assert ([row[0] for row in figures(test)], result(TENANT, test).multiple_exposures) == ([1, 0], 1)
    assert assigned(test) == {"c1": ("a", True, milliseconds(at)), "c2": ("a", False, milliseconds(at))}


def test_computation_that_began_earlier_overwrites_nothing(monkeypatch):
    test, now = running_experiment(), clock.now()
    begin(test, started_at=later(now, hours=-5))
    at = later(now, hours=-1)
    store([exposure(test, "c1", 0, at)])
    put_changed, is_first = assignments.put_changed, [True]

    def stall(rows):
        """Let a second computation, which reads one more exposure, finish before the first one writes."""
        if is_first.pop() if is_first else False:
            store([exposure(test, "c1", 1, later(at, minutes=-5)), exposure(test, "c2", 1, at)])
            compute_experiment(test)
        return put_changed(rows)

    monkeypatch.setattr(assignments, "put_changed", stall)
    compute_experiment(test)
    assert ([row[0] for row in figures(test)], result(TENANT, test).multiple_exposures) == ([0, 1], 1)
    assert assigned(test)["c1"] == ("b", True, milliseconds(later(at, minutes=-5)))


def test_only_subjects_of_changed_days_are_written(monkeypatch):
    test, now = running_experiment(), clock.now()
    begin(test, started_at=later(now, days=-5))
    store_and_compute([exposure(test, f"c{number}", 0, later(now, days=-3)) for number in range(5)])
    monkeypatch.setattr(due_experiments, "_CLOCK_SKEW", timedelta())
    compute_experiment(test)
    assert len(assigned(test)) == 5
    written: list[int] = []
    put_changed = assignments.put_changed

    def record(rows: Sequence[ExperimentAssignment]) -> int:
        written.append(len(rows))
        return put_changed(rows)

    monkeypatch.setattr(assignments, "put_changed", record)
    compute_experiment(test)
    store([exposure(test, "c9", 1, later(now, days=-1))])
    compute_experiment(test)
    assert written == [0, 1]
    assert [row[0] for row in figures(test)] == [5, 1]


def test_erased_subject_gets_no_row_again():
    customer = "gid:1"
    test, now = running_experiment(), clock.now()
    begin(test, started_at=later(now, hours=-5))
    tombstones.add(f"customer:demo.myshopify.com:{customer}")
    store([exposure(test, customer, 0, later(now, hours=-1)), exposure(test, "c2", 0, later(now, hours=-1))])
    compute_experiment(test)
    assert assigned(test).keys() == {"c2"}


def test_huge_values_overflow_nothing():
    test, now = running_experiment(kind=MetricKind.MEAN), clock.now()
    begin(test, started_at=later(now, hours=-5))
    at = later(now, hours=-1)
    huge = [conversion(test, "c1", at, "9" * 28) for _ in range(40)]
    store([exposure(test, "c1", 0, at), *huge])
    compute_experiment(test)
    assert figures(test)[0][2] == 40 * Decimal(10) ** 15


def test_hourly_run_sends_only_experiments_whose_days_changed(sent, monkeypatch):
    monkeypatch.setattr(due_experiments, "_CLOCK_SKEW", timedelta())
    idle, busy = running_experiment(name="Idle", tenant=TENANT), running_experiment(name="Busy")
    assert send_due_experiments(clock.now()) == 2
    assert sent == []
    store_and_compute([exposure(busy, "c1", 0, clock.now())])
    send_due_experiments(clock.now())
    assert {message.test_id for message in sent} == {idle, busy}, "both read the tenant's days"
    for test in (idle, busy):
        compute_experiment(test)
    send_due_experiments(clock.now())
    assert len(sent) == 2


def test_stop_computes_at_once_and_once_more_for_late_events(drain, sent):
    test = running_experiment()
    store([exposure(test, "c1", 0, clock.now())])
    stop(TENANT, test)
    assert drain() == []
    assert [row[0] for row in figures(test)] == [1, 0]
    assert len(sent) == 2


def test_experiment_stops_by_itself_after_ninety_days(drain):
    test = running_experiment()
    begin(test, started_at=clock.now() - timedelta(days=90))
    send_due_experiments(clock.now())
    assert drain() == []
    read = result(TENANT, test)
    assert read.started_at is not None
    assert (read.status, read.ended_at) == ("stopped", read.started_at + timedelta(days=90))
    assert read.computed_at is not None
