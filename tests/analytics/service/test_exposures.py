from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest

from chalicelib.analytics.enums import MetricKind
from chalicelib.analytics.errors import ExperimentNotFound, InvalidEvent, VariantNotFound
from chalicelib.analytics.models import Experiment
from chalicelib.analytics.service import assign, convert, create_experiment, experiments, expose, exposures, start, stop
from chalicelib.kit import clock
from tests.analytics.collection_factories import queued_events
from tests.analytics.event_factories import TENANT
from tests.analytics.experiment_factories import METRIC, running_experiment, variants

SUBJECTS = [f"customer-{number}" for number in range(200)]


@pytest.fixture(autouse=True)
def site(new_site):
    exposures.forget()
    new_site(TENANT)


def test_subjects_keep_their_variant_and_coverage_only_adds_subjects():
    test = create_experiment(TENANT, "Button", METRIC, MetricKind.MEAN, variants(2000, 8000))
    experiments.set_coverage(TENANT, test, Decimal("0.4"))
    start(TENANT, test)
    before = {subject: assign(TENANT, test, subject) for subject in SUBJECTS}
    experiments.set_coverage(TENANT, test, Decimal("0.8"))
    exposures.forget()
    after = {subject: assign(TENANT, test, subject) for subject in SUBJECTS}
    covered = {subject: variant for subject, variant in before.items() if variant}
    assert {subject: after[subject] for subject in covered} == covered
    assert 0 < len(covered) < sum(variant is not None for variant in after.values()) < len(SUBJECTS)
    assert {*after.values()} == {"a", "b", None}


def test_only_a_running_experiment_assigns():
    test = create_experiment(TENANT, "Button", METRIC, MetricKind.MEAN, variants())
    assert assign(TENANT, test, "c1") is None
    start(TENANT, test)
    assert assign(TENANT, test, "c1") is None, "cached for 60 seconds"
    exposures.forget()
    assert assign(TENANT, test, "c1") in ("a", "b")
    stop(TENANT, test)
    exposures.forget()
    assert assign(TENANT, test, "c1") is None


def test_experiment_of_ninety_days_assigns_no_more():
    test = running_experiment()
    Experiment(test).update([Experiment.started_at.set(clock.now() - timedelta(days=90))])
    assert assign(TENANT, test, "c1") is None


def test_another_tenants_experiment_takes_no_subject(new_site):
    new_site("store:2")
    test = running_experiment()
    now = clock.now()
    for call in (
        lambda: assign("store:2", test, "c1"),
        lambda: expose("store:2", test, "c1", "a", now),
        lambda: convert("store:2", test, "c1", "order-1", value=Decimal(1), at=now, version=1),
    ):
        with pytest.raises(ExperimentNotFound):
            call()


def test_repeated_exposure_is_the_same_event():
    test = running_experiment()
    now = clock.now()
    for subject in ("c1", "c1", "c2"):
        expose(TENANT, test, subject, "b", now)
    events = [message.events[0] for message in queued_events()]
    assert len({event.id for event in events}) == 2
    assert {(event.type, event.name, event.user_id) for event in events} == {
        ("system", "experiment_exposed", "c1"),
        ("system", "experiment_exposed", "c2"),
    }
    assert json.loads(events[0].data or "") == {"test": test, "position": 1}


def test_conversions_of_a_key_are_versions_of_one_event():
    test = running_experiment()
    now = clock.now()
    convert(TENANT, test, "c1", "order-1", value=Decimal("19.90"), at=now, version=1)
    convert(TENANT, test, "c1", "order-1", value=Decimal(0), at=now - timedelta(seconds=1), version=2)
    convert(TENANT, test, "c1", "order-2", value=Decimal("19.90"), at=now, version=1)
    events = sorted((message.events[0] for message in queued_events()), key=lambda event: (event.id, event.version))
    assert len({event.id for event in events}) == 2
    assert sorted((event.version, event.value) for event in events) == [
        (1, Decimal("19.90")),
        (1, Decimal("19.90")),
        (2, Decimal(0)),
    ]


def test_invalid_variant_and_subject_are_refused():
    test = running_experiment()
    with pytest.raises(VariantNotFound):
        expose(TENANT, test, "c1", "z", clock.now())
    with pytest.raises(InvalidEvent):
        expose(TENANT, test, "ann@example.com", "a", clock.now())
    assert queued_events() == []
