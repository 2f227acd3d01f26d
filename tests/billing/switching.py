"""Changing a member's plan, where each plan has one interval."""

from __future__ import annotations

from tests.billing.conftest import Owner
from tests.billing.running import Ask

SIZES = {"try_it_out": 20, "better_together": 40, "premium_plus": 80}
CYCLES = {"try_it_out": "monthly", "better_together": "annual", "premium_plus": "annual"}


def switch(ask: Ask, owner: Owner, plan: str) -> None:
    answer = ask(owner, "change", plan=plan, billing_cycle=CYCLES[plan])
    assert answer.status_code == 200, answer.text
