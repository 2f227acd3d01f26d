"""A process that spends one credit at a time with five keys as soon as its input is closed."""

from __future__ import annotations

import sys

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.errors import InsufficientCredits
from chalicelib.billing.service import credits
from chalicelib.kit.errors import Unavailable


def spend(member_id: str, amount: int, key: str) -> str:
    """Spend a credit; return `spent` or `refused`. A 503 is retried."""
    while True:
        try:
            credits.spend_credits(OwnerType.MEMBER, member_id, amount, key)
        except InsufficientCredits:
            return "refused"
        except Unavailable:
            continue
        return "spent"


if __name__ == "__main__":
    sys.stdin.read()
    for n in range(5):
        sys.stdout.write(spend(sys.argv[1], 1, f"{sys.argv[2]} {n}") + "\n")
