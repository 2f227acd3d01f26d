"""Fixtures of discount codes: creation, and the count of uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.models import DiscountCode, DiscountUsage
from chalicelib.billing.service import invariants
from chalicelib.kit import clock
from tests.billing.conftest import Json, Owner, operator

Checkout = Callable[..., httpx2.Response]
Code = Callable[..., Json]
Drain = Callable[[], list[Any]]
URL = "/v1/operator/billing/codes"
QUARTER = {"code": "spring-27", "discount_type": "percentage", "value": "25"}


@pytest.fixture
def code(api: httpx2.Client, member: Owner) -> Code:
    """Create a code; 25 percent off by default."""

    def create(**terms: Any) -> Json:
        answer = api.post(URL, json={**QUARTER, **terms}, headers=operator())
        assert answer.status_code == 201, answer.text
        created: Json = answer.json()
        return created

    return create


def count_uses() -> tuple[int, list[str]]:
    """Return the counter and the statuses of the uses, and assert that they agree."""
    (row,) = DiscountCode.scan()
    uses = [use.status.value for use in DiscountUsage.scan()]
    assert row.times_used == len([use for use in uses if use != "released"])
    assert not [broken for broken in invariants.check(clock.now()) if broken.startswith("code_")]
    return row.times_used, sorted(uses)
