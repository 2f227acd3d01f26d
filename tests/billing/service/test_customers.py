"""Registered owners and their Stripe customers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import CustomerNotFound
from chalicelib.billing.repository import customers
from chalicelib.billing.service import register_customer
from chalicelib.kit.errors import Conflict
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, delete_at_stripe


def test_a_repeated_registration_updates_the_customer() -> None:
    owner_id, relationship = str(uuid.uuid4()), str(uuid.uuid4())
    register_customer(
        "member", owner_id, "a@example.com", name="A", relationship_id=relationship, timezone="Asia/Tokyo"
    )
    first = customers.get(OwnerType.MEMBER, owner_id)
    assert (first.name, first.relationship_id, first.timezone) == ("A", relationship, "Asia/Tokyo")
    customers.link(first, "cus_1")
    register_customer("member", owner_id, "b@example.com")
    second = customers.get(OwnerType.MEMBER, owner_id)
    assert (second.email, second.timezone) == ("b@example.com", "UTC")
    assert second.name is None
    assert second.relationship_id is None
    assert (second.created_at, second.stripe_customer_id) == (first.created_at, "cus_1")


def test_a_member_and_a_store_with_one_id_are_two_customers() -> None:
    owner_id = str(uuid.uuid4())
    register_customer("store", owner_id, "store@example.com")
    with pytest.raises(CustomerNotFound):
        customers.get(OwnerType.MEMBER, owner_id)
    with pytest.raises(ValueError, match="couple"):
        register_customer("couple", owner_id, "a@example.com")  # type: ignore[arg-type]


def test_a_stripe_customer_belongs_to_one_owner() -> None:
    one, other = (customers.register(OwnerType.STORE, str(uuid.uuid4()), "a@b.c", {}) for _ in range(2))
    customers.link(one, "cus_1")
    customers.link(one, "cus_1")
    for owner, stripe_id in ((other, "cus_1"), (one, "cus_2")):
        with pytest.raises(Conflict):
            customers.link(owner, stripe_id)
    customer = customers.find_by_stripe_id("cus_1")
    assert customer is not None
    assert customer.owner_id == one.owner_id
    assert customers.find_by_stripe_id("cus_2") is None
    assert customers.get(OwnerType.STORE, one.owner_id).stripe_customer_id == "cus_1"


def test_an_owner_deleted_at_stripe_gets_a_new_customer_at_the_next_purchase(
    member: Owner, buy: Callable[..., list[Json]], stripe_sandbox: StripeSandbox, drain: Callable[[], list[Any]]
) -> None:
    [event, *_] = buy(member, credit_pack="credits_200")
    first = customers.get(OwnerType.MEMBER, member.id)
    delete_at_stripe(str(first.at_stripe), stripe_sandbox)
    assert drain() == []
    stripe_customer = {
        "id": first.at_stripe,
        "object": "customer",
        "metadata": {"owner_type": "member", "owner_id": member.id},
    }
    stripe_sandbox.deliver(
        [event | {"id": "evt_late", "type": "customer.updated", "data": {"object": stripe_customer}}]
    )
    assert drain() == []
    gone = customers.get(OwnerType.MEMBER, member.id)
    assert (gone.at_stripe, gone.stripe_customer_id) == (None, first.stripe_customer_id)
    assert customers.find_by_stripe_id(str(first.stripe_customer_id)) is None
    buy(member, credit_pack="credits_200")
    second = customers.get(OwnerType.MEMBER, member.id)
    assert second.at_stripe not in (None, first.stripe_customer_id)
