"""Erasure in platform's tables: a store leaves with its jobs and slug; an owner's id leaves a store that stays."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.kit import unique_values
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.platform.models import IntegrationConfig, PlatformUser, ProvisioningJob, RevenueEntry, Store, UsageHour
from tests.platform.clients import new_account
from tests.platform.stores import new_store
from tests.retention.conftest import nothing_in_progress
from tests.retention.factories import items, row
from tests.retention.service.test_erasure import erase

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]


def test_an_erased_store_leaves_its_slug_and_one_store_less_to_its_owner(engine: object, drain: Drain) -> None:
    owner = new_account(store_count=2)
    store, other = new_store(owner.id, slug="tea-house"), new_store(owner.id)
    for each in (store, other):
        row(IntegrationConfig, "config", store_id=each.id)
        row(ProvisioningJob, "job", store_id=each.id)
        row(UsageHour, "hour", store_id=each.id)
    erase(f"store:{store.id}", drain)
    assert [each.id for each in Store.scan()] == [other.id]
    assert unique_values.owner_of(unique_values.value_key("platform", "stores", "slug", "tea-house")) is None
    assert PlatformUser.get(owner.id).store_count == 1
    for model in (IntegrationConfig, ProvisioningJob, UsageHour):
        assert [each.store_id for each in model.scan()] == [other.id]


def test_an_erased_owners_id_leaves_the_stores_that_stay(engine: object, drain: Drain) -> None:
    owner, other = new_account(store_count=1), new_account(store_count=1)
    store, theirs = new_store(owner.id), new_store(other.id)
    row(ProvisioningJob, "job", store_id=store.id, requested_by=owner.id)
    row(ProvisioningJob, "job", store_id=theirs.id, requested_by=other.id)
    erase(f"owner:{owner.id}", drain)
    mark = pseudonym(f"owner:{owner.id}")
    assert (Store.get(store.id).owner_id, Store.get(theirs.id).owner_id) == (mark, other.id)
    assert {job.requested_by for job in ProvisioningJob.scan()} == {mark, other.id}
    assert [user.id for user in PlatformUser.scan()] == [other.id]
    platform = {place: item for place, item in items().items() if place[0].startswith("backroom-test-platform")}
    assert not [place for place, item in platform.items() if owner.id in f"{place} {item}" and "audit" not in place[0]]


def test_the_revenue_of_an_erased_store_stays_under_a_pseudonym(engine: object, drain: Drain) -> None:
    owner = new_account(store_count=2)
    store, other = new_store(owner.id), new_store(owner.id)
    for number, each in enumerate((store, other)):
        row(
            RevenueEntry,
            "entry",
            entry_id=f"payment:{number}",
            period="2031-11",
            store_id=each.id,
            amount=Decimal(7),
            version=3,
        )
    erase(f"store:{store.id}", drain)
    entries = {each.entry_id: (each.store_id, each.amount) for each in RevenueEntry.query("2031-11")}
    assert entries == {
        "payment:0": (pseudonym(f"store:{store.id}"), Decimal(7)),
        "payment:1": (other.id, Decimal(7)),
    }
