"""Tombstones of erased subjects."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, tombstones
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.kit.models import Tombstone
from infra.bench.round_trips import metered


def test_a_subject_is_erased_until_its_tombstone_is_removed() -> None:
    assert not tombstones.is_erased("shop:a")
    tombstones.add("shop:a")
    tombstones.add("shop:a")
    assert tombstones.is_erased("shop:a")
    assert not tombstones.is_erased("shop:b")
    tombstones.remove("shop:a")
    tombstones.remove("shop:a")
    assert not tombstones.is_erased("shop:a")


def test_one_tombstone_of_several_is_enough() -> None:
    tombstones.add("customer:a:1")
    assert tombstones.is_erased("shop:a", "customer:a:1", "shop:a")


def test_a_tombstone_expires_after_400_days() -> None:
    tombstones.add("shop:a")
    row = Tombstone.get(pseudonym("shop:a"))
    assert timedelta(days=399) < row.expires_epoch - clock.now() <= timedelta(days=400)
    row.update(actions=[Tombstone.expires_epoch.set(clock.now() - timedelta(seconds=1))])
    assert not tombstones.is_erased("shop:a"), "TTL deletes late"


def test_an_actor_is_erased_for_what_they_did_before() -> None:
    before = clock.now()
    tombstones.add("customer:a:1")
    erased_at = next(iter(tombstones.erased_since(before, "customer:a:1", "customer:a:2")))
    assert erased_at == "customer:a:1"
    assert tombstones.is_erased(actors={"customer:a:1": before})
    assert not tombstones.is_erased(actors={"customer:a:1": clock.now() + timedelta(hours=1)})
    assert not tombstones.is_erased("shop:a", actors={"customer:a:2": clock.now() - timedelta(days=1)})
    assert tombstones.erased_since(clock.now() + timedelta(hours=1), "customer:a:1") == set()


def test_tombstones_of_any_number_of_subjects_are_read_by_the_hundred() -> None:
    before = clock.now()
    subjects = [f"member:{number}" for number in range(250)]
    for subject in (subjects[0], subjects[99], subjects[100], subjects[249]):
        tombstones.add(subject)
    with metered() as meter:
        erased = tombstones.erased_among(subjects * 2)
    assert set(erased) == {"member:0", "member:99", "member:100", "member:249"}
    assert all(before <= erased_at <= clock.now() for erased_at in erased.values())
    assert meter.cost.reads == 3


def test_no_subject_costs_no_read() -> None:
    with metered() as meter:
        assert tombstones.erased_among([]) == {}
    assert meter.cost.reads == 0
