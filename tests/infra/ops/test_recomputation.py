"""The command `recompute`."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.analytics.repository import event_days
from chalicelib.analytics.schemas.sites import SiteCreate
from chalicelib.analytics.service import sites
from chalicelib.kit import clock
from tests.analytics.event_factories import TENANT
from tests.infra.ops.conftest import Ops


def test_days_of_a_site_become_due(ops: Ops) -> None:
    sites.create_site(SiteCreate(tenant=TENANT, name="A"), None)
    event_days.mark_parts_due(TENANT, date(2026, 3, 28), 1, clock.now())
    result = ops("recompute", "--tenant", TENANT, "--from", "2026-03-01", "--to", "2026-03-31")
    assert (result.code, result.out) == (0, "1 days and 0 owners of subscriptions are due\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tenant", "x", "--from", "2026-03-01"], "--tenant"),
        (["--tenant", TENANT, "--from", "2026-03-01", "--to", "2026-03-02"], "Site not found"),
        (["--tenant", TENANT, "--from", "2024-03-01", "--to", "2026-03-02"], "366 days"),
    ],
)
def test_an_invalid_recomputation_is_refused(ops: Ops, arguments: list[str], message: str) -> None:
    result = ops("recompute", *arguments)
    assert result.code == 1
    assert message in result.err
