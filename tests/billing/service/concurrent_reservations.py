"""A process that reserves uses of a code for five owners as soon as its input is closed."""

from __future__ import annotations

import sys
from decimal import Decimal

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import InvalidCode
from chalicelib.billing.repository import plans
from chalicelib.billing.service import discount_redemptions
from chalicelib.billing.service.discount_redemptions import PlanPurchase
from chalicelib.kit import ids
from chalicelib.kit.errors import Unavailable


def reserve(code: str) -> str:
    """Reserve a use; return `reserved` or `refused`. A 503 is retried."""
    plan = plans.find("try_it_out")
    assert plan is not None
    while True:
        try:
            discount_redemptions.reserve(code, PlanPurchase(OwnerType.MEMBER, ids.new(), plan, Decimal(30)))
        except InvalidCode:
            return "refused"
        except Unavailable:
            continue
        return "reserved"


if __name__ == "__main__":
    sys.stdin.read()
    for _ in range(5):
        sys.stdout.write(reserve(sys.argv[1]) + "\n")
