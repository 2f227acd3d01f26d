"""A member who bought something, erased: what Stripe told of them goes, and what billing checks still adds up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import DiscountType, OwnerType, RedemptionStatus
from chalicelib.billing.models import DiscountUsage
from chalicelib.billing.repository import customers
from chalicelib.billing.schemas.discount_codes import CodeCreate
from chalicelib.billing.service import discount_codes as codes
from chalicelib.billing.service import invariants
from chalicelib.kit import clock
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Owner, buy, catalogue, checkout, delete_at_stripe, member
from tests.retention.factories import traces
from tests.retention.service.test_erasure import erase

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

__all__ = ["buy", "catalogue", "checkout", "member"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]
Buy = Callable[..., list[dict[str, Any]]]


def test_an_owner_deleted_at_stripe_first_is_erased(
    member: Owner, buy: Buy, stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    """In the order that docs/retention.md advises: its events are found by the id that is no more."""
    buy(member, credit_pack="credits_200")
    known = customers.get(OwnerType.MEMBER, member.id)
    delete_at_stripe(str(known.at_stripe), stripe_sandbox)
    assert drain() == []
    assert list(traces(str(known.stripe_customer_id)))
    erase(f"member:{member.id}", drain)
    assert list(traces(known.email, str(known.stripe_customer_id))) == []


@pytest.mark.parametrize("is_paid", [True, False])
def test_billing_checks_pass_after_an_erasure(
    member: Owner, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox, drain: Drain, is_paid: bool
) -> None:
    """A use of a code goes with its owner, from the code's count as well; that a payment was told of stays."""
    codes.create_code(CodeCreate(code="TEN", discount_type=DiscountType.PERCENTAGE, value=Decimal(10)))
    begun = checkout(member, code="TEN").json()
    if is_paid:
        stripe_sandbox.complete_checkout(begun["id"])
    assert drain() == []
    assert codes.get("TEN").times_used == 1
    erase(f"member:{member.id}", drain)
    assert codes.get("TEN").times_used == 0
    assert invariants.check(clock.now() + timedelta(minutes=1)) == []


def test_a_released_discount_use_is_not_subtracted_twice(
    member: Owner, checkout: Callable[..., httpx2.Response], stripe_sandbox: StripeSandbox, drain: Drain
) -> None:
    codes.create_code(CodeCreate(code="TEN", discount_type=DiscountType.PERCENTAGE, value=Decimal(10)))
    stripe_sandbox.expire_checkout(checkout(member, code="TEN").json()["id"])
    assert drain() == []
    [use] = DiscountUsage.scan()
    assert (use.status, codes.get("TEN").times_used) == (RedemptionStatus.RELEASED, 0)
    erase(f"member:{member.id}", drain)
    assert (list(DiscountUsage.scan()), codes.get("TEN").times_used) == ([], 0)
