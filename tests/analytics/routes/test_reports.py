"""Reports and funnels over HTTP: who may ask, what is refused, and the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from tests.analytics.conftest import NewSite

SITE = "/v1/analytics/sites/store:1"
STEPS: list[dict[str, Any]] = [{"name": "sign_up"}, {"name": "booking", "where": {"plan": "b"}}]
FUNNEL: dict[str, Any] = {"kind": "funnel", "steps": STEPS, "from": "2026-03-01", "to": "2026-03-31"}
RETENTION: dict[str, Any] = {
    "kind": "retention",
    "start": {"name": "sign_up"},
    "return": {"name": "booking"},
    "from": "2026-03-01",
    "to": "2026-03-31",
}


@pytest.fixture
def owner(api: httpx2.Client, new_site: NewSite) -> httpx2.Client:
    """The API with the token of the store that reads the site."""
    new_site("store:1", readers=["store:1"])
    new_site("store:2", readers=["store:2"])
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.STORE_OWNER, '1')}"
    return api


def test_a_reader_asks_a_question_and_gets_the_answer(owner: httpx2.Client, drain: Callable[[], list[Any]]) -> None:
    for body in (FUNNEL, RETENTION):
        response = owner.post(f"{SITE}/reports", json=body)
        assert response.status_code == 202, response.text
        assert response.json()["status"] == "pending"
        assert drain() == []
        report = owner.get(f"{SITE}/reports/{response.json()['id']}").json()
        assert report["status"] == "completed"
        assert report["kind"] == body["kind"]
        assert body.items() <= report["question"].items() or body["kind"] == "retention" or report["question"]["steps"]
    assert report["result"]["rows"][0]["values"] == [0] * 6


def test_a_report_without_events_has_every_step(owner: httpx2.Client, drain: Callable[[], list[Any]]) -> None:
    report_id = owner.post(f"{SITE}/reports", json=FUNNEL).json()["id"]
    assert drain() == []
    assert owner.get(f"{SITE}/reports/{report_id}").json()["result"]["steps"] == [
        {"name": name, "reached": 0, "average_seconds": None, "median_seconds": None} for name in ("sign_up", "booking")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"to": "2027-03-02"},
        {"to": "2026-02-28"},
        {"steps": STEPS[:1]},
        {"steps": STEPS * 6},
        {"window_seconds": 90 * 86_400 + 1},
        {"window_seconds": 0},
        {"order": "sorted"},
        {"order": "unordered", "steps": [STEPS[0]] * 5},
        {"steps": [{"name": "a", "where": {'"': 1}}, STEPS[1]]},
        {"steps": [{"name": "a\x00"}, STEPS[1]]},
        {"steps": [{"name": "a", "where": {"k": 1.5}}, STEPS[1]]},
        {"kind": "other"},
        {"surplus": 1},
    ],
)
def test_an_invalid_question_is_refused(owner: httpx2.Client, changes: dict[str, Any]) -> None:
    assert owner.post(f"{SITE}/reports", json={**FUNNEL, **changes}).status_code == 422


def test_a_report_covers_up_to_366_days(owner: httpx2.Client) -> None:
    assert owner.post(f"{SITE}/reports", json={**FUNNEL, "to": "2027-03-01"}).status_code == 202


def test_funnels_are_created_listed_and_deleted(owner: httpx2.Client) -> None:
    created = owner.post(f"{SITE}/funnels", json={"name": "Booking", "steps": STEPS})
    assert created.status_code == 201, created.text
    funnel = created.json()["funnel"]
    assert [item["funnel"] for item in owner.get(f"{SITE}/funnels").json()["items"]] == [funnel]
    read = owner.get(f"{SITE}/funnels/{funnel}?from=2026-03-01&to=2026-03-31").json()
    assert (read["steps"][1], read["order"], read["days"]) == (STEPS[1], "ordered", [])
    assert owner.get(f"{SITE}/funnels/{funnel}?from=2026-03-01&to=2027-03-31").status_code == 422
    assert owner.delete(f"{SITE}/funnels/{funnel}").status_code == 204
    assert owner.get(f"{SITE}/funnels/{funnel}").status_code == 404


@pytest.mark.parametrize("path", ["reports/x", "funnels", "funnels/x"])
def test_another_store_sees_no_site(owner: httpx2.Client, path: str) -> None:
    other = owner.get(f"/v1/analytics/sites/store:2/{path}")
    assert (other.status_code, other.json()["code"]) == (404, "SiteNotFound")


def test_another_store_neither_asks_nor_changes(owner: httpx2.Client) -> None:
    other = "/v1/analytics/sites/store:2"
    assert owner.post(f"{other}/reports", json=FUNNEL).status_code == 404
    assert owner.post(f"{other}/funnels", json={"name": "A", "steps": STEPS}).status_code == 404
    assert owner.delete(f"{other}/funnels/x").status_code == 404


def test_a_member_may_not_read_a_site(owner: httpx2.Client) -> None:
    owner.headers["Authorization"] = f"Bearer {auth.mint(Role.MEMBER, '1')}"
    assert owner.post(f"{SITE}/reports", json=FUNNEL).status_code == 403


def test_an_operator_reads_every_site(owner: httpx2.Client) -> None:
    owner.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    assert owner.post("/v1/analytics/sites/store:2/reports", json=FUNNEL).status_code == 202
    assert owner.get("/v1/analytics/sites/store:3/funnels").status_code == 404
