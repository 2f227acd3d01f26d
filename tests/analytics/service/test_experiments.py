from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic import ValidationError

from chalicelib.analytics.enums import ExperimentStatus, MetricKind
from chalicelib.analytics.errors import (
    CoverageReduced,
    ExperimentLimitReached,
    ExperimentNotFound,
    ExperimentNotStarted,
    ExperimentStopped,
    SiteNotFound,
)
from chalicelib.analytics.models import Experiment
from chalicelib.analytics.repository import experiments as rows
from chalicelib.analytics.service import create_experiment, experiments, result, start, stop
from chalicelib.kit import unique_values
from tests.analytics.event_factories import TENANT
from tests.analytics.experiment_factories import METRIC, running_experiment, variants


@pytest.fixture(autouse=True)
def site(new_site):
    new_site(TENANT)


def create(name: str = "Button", **changes) -> str:
    arguments = {"metric": METRIC, "metric_kind": "mean", "variants": variants(), **changes}
    return create_experiment(TENANT, name, **arguments)


def test_new_experiment_is_a_draft_with_its_variants():
    test = create(variants=[{"variant": "old", "weight": 9000}, {"variant": "new", "weight": 1000, "config": {"x": 1}}])
    read = result(TENANT, test)
    assert (read.status, read.metric_kind, read.variant_b_config) == ("draft", "mean", {"x": 1})
    assert [(each.variant, each.weight, each.exposures, each.mean) for each in read.variants] == [
        ("old", 9000, 0, None),
        ("new", 1000, 0, None),
    ]


def test_same_arguments_are_the_same_experiment():
    test = create()
    start(TENANT, test)
    assert create() == test
    assert result(TENANT, test).status is ExperimentStatus.RUNNING
    assert create("Other") != test


@pytest.mark.parametrize(
    "changes",
    [
        {"variants": variants(10_000)},
        {"variants": variants(*[1000] * 9, 999)},
        {"variants": [*variants(*[1000] * 10), {"variant": "k", "weight": 0}]},
        {"variants": [*variants(5000), *variants(5000)]},
        {"variants": [{"variant": "a", "weight": 5000, "config": {"x": "y" * 4000}}, {"variant": "b", "weight": 5000}]},
        {"variants": [{"variant": "__multiple__", "weight": 5000}, {"variant": "b", "weight": 5000}]},
        {"metric": "Order placed"},
        {"metric": "experiment_exposed"},
        {"metric_kind": "median"},
    ],
)
def test_invalid_experiment_is_refused(changes):
    with pytest.raises(ValidationError):
        create(**changes)


def test_ten_variants_are_stored_in_order():
    test = create(variants=variants(*[1000] * 10))
    assert [each.variant for each in result(TENANT, test).variants] == list("abcdefghij")


def test_experiment_needs_a_site():
    with pytest.raises(SiteNotFound):
        create_experiment("store:9", "Button", METRIC, MetricKind.MEAN, variants())


def test_start_and_stop_can_be_repeated():
    test = create()
    with pytest.raises(ExperimentNotStarted):
        stop(TENANT, test)
    start(TENANT, test)
    started_at = result(TENANT, test).started_at
    start(TENANT, test)
    assert result(TENANT, test).started_at == started_at
    assert list(rows.iterate_running()) == [test]
    stop(TENANT, test)
    ended_at = result(TENANT, test).ended_at
    stop(TENANT, test)
    assert (result(TENANT, test).ended_at, result(TENANT, test).status) == (ended_at, "stopped")
    assert list(rows.iterate_running()) == []
    with pytest.raises(ExperimentStopped):
        start(TENANT, test)


def test_another_tenants_experiment_is_not_found(new_site):
    new_site("store:2")
    test = running_experiment()
    for call in (start, stop, result):
        with pytest.raises(ExperimentNotFound):
            call("store:2", test)
    with pytest.raises(ExperimentNotFound):
        experiments.set_coverage("store:2", test, Decimal(1))


def test_eleventh_running_experiment_of_a_site_is_refused(new_site):
    running = [running_experiment(name=f"Test {number}") for number in range(10)]
    eleventh = create("Eleventh")
    with pytest.raises(ExperimentLimitReached):
        start(TENANT, eleventh)
    new_site("store:2")
    running_experiment(tenant="store:2")
    stop(TENANT, running[3])
    start(TENANT, eleventh)
    assert result(TENANT, eleventh).status is ExperimentStatus.RUNNING


def test_place_that_a_concurrent_start_takes_is_not_taken_twice(monkeypatch):
    first, second = create("First"), create("Second")
    owner_of, is_stale = unique_values.owner_of, [True]

    def read(name: str) -> str | None:
        """Return that the place is free, although another start takes it before this one commits."""
        if not is_stale:
            return owner_of(name)
        is_stale.clear()
        start(TENANT, first)
        return None

    monkeypatch.setattr(unique_values, "owner_of", read)
    start(TENANT, second)
    assert {owner_of(name) for name in rows._places(TENANT)} == {first, second, None}


def test_coverage_of_a_running_experiment_only_grows():
    test = create()
    experiments.set_coverage(TENANT, test, Decimal("0.2"))
    experiments.set_coverage(TENANT, test, Decimal("0.1"))
    start(TENANT, test)
    experiments.set_coverage(TENANT, test, Decimal("0.5"))
    with pytest.raises(CoverageReduced):
        experiments.set_coverage(TENANT, test, Decimal("0.4"))
    assert result(TENANT, test).coverage == Decimal("0.5")
    stop(TENANT, test)
    with pytest.raises(ExperimentStopped):
        experiments.set_coverage(TENANT, test, Decimal(1))


def test_late_stop_ends_after_ninety_days():
    test = running_experiment()
    row = Experiment.get(test)
    started_at = row.started_at - timedelta(days=100)
    row.update([Experiment.started_at.set(started_at)])
    stop(TENANT, test)
    assert result(TENANT, test).ended_at == started_at + timedelta(days=90)
