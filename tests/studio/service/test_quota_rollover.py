"""Rollover of idle quotas at the start of a month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.kit.errors import WriteConflict
from chalicelib.studio.domain.quota import QuotaState, month_of, roll_over
from chalicelib.studio.models import Quota
from chalicelib.studio.repository import quotas
from chalicelib.studio.service import quota_rollover

NOW = datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC)


def idle_quota(shop: str, month: datetime, used: int = 7) -> None:
    """Create the quota of a shop with images used in a month."""
    row = quotas.default_quota(shop)
    row.last_reset_date, row.current_generations, row.total_generations, row.version = month_of(month), used, used, 1
    row.save()


@pytest.mark.parametrize(
    "since", [datetime(2026, 2, 28, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)]
)
def test_an_idle_quota_is_rolled_over(since: datetime) -> None:
    idle_quota("idle", since)
    quota_rollover.roll_over_idle_quotas(NOW)
    row = Quota.get("idle")
    assert (row.current_generations, row.total_generations, row.last_reset_date) == (0, 7, month_of(NOW))
    assert row.version == 2


def test_the_current_month_is_unchanged() -> None:
    idle_quota("busy", NOW)
    quota_rollover.roll_over_idle_quotas(NOW)
    row = Quota.get("busy")
    assert (row.current_generations, row.version) == (7, 1)


def test_a_second_run_rolls_over_nothing() -> None:
    idle_quota("idle", datetime(2026, 2, 1, tzinfo=UTC))
    for _ in range(2):
        quota_rollover.roll_over_idle_quotas(NOW)
    assert Quota.get("idle").version == 2


def test_a_concurrent_rollover_wins() -> None:
    """The first image of the month has already rolled the quota over."""
    idle_quota("idle", datetime(2026, 2, 1, tzinfo=UTC))

    def decide(state: QuotaState) -> QuotaState:
        idle_quota("idle", NOW, used=1)
        Quota("idle").update([Quota.version.set(9)])
        return roll_over(state, NOW)

    with pytest.raises(WriteConflict):
        quotas.update_state("idle", decide)
    assert Quota.get("idle").current_generations == 1
