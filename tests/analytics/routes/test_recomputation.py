"""`/v1/operator/analytics/recompute`."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from tests.analytics.conftest import NewSite
from tests.analytics.event_factories import TENANT, lake_event, store

URL = "/v1/operator/analytics/recompute"
BODY = {"tenant": TENANT, "from": "2026-03-28", "to": "2026-03-28"}


def test_operator_recomputes_the_days_of_a_site(operator: httpx2.Client, new_site: NewSite) -> None:
    new_site(TENANT)
    store([lake_event("2026-03-28 10:00")])
    response = operator.post(URL, json=BODY)
    assert (response.status_code, response.json()) == (202, {"days": 1, "owners": 0})


def test_operator_recomputes_revenue(operator: httpx2.Client) -> None:
    response = operator.post(URL, json={"scope": "all", "from": "2026-03-28"})
    assert (response.status_code, response.json()) == (202, {"days": 0, "owners": 0})


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"scope": "all"}, 422),
        ({"tenant": None}, 422),
        ({"tenant": "x"}, 422),
        ({"from": None}, 422),
        ({"from": "2024-01-01"}, 422),
        ({"from": "2026-03-29"}, 422),
        ({"tenant": "store:unknown"}, 404),
    ],
)
def test_an_invalid_recomputation_is_refused(operator: httpx2.Client, change: dict[str, Any], status: int) -> None:
    response = operator.post(URL, json=BODY | change)
    assert response.status_code == status, response.text


def test_other_roles_recompute_nothing(api: httpx2.Client) -> None:
    for role, status in [(Role.MEMBER, 403), (Role.STORE_OWNER, 403), (Role.SUPPORT, 403)]:
        headers = {"Authorization": f"Bearer {auth.mint(role, 'x')}"}
        assert api.post(URL, json=BODY, headers=headers).status_code == status
