from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from tests.analytics.event_factories import lake_event, store

ERRORS = "/v1/analytics/sites/store:1/errors"
DAY = "2026-03-28"


@pytest.fixture
def two_errors(new_site, compute_due_days: Callable[[], int]) -> None:
    new_site(readers=["store:7"])
    new_site("store:2")
    documents = ({"fingerprint": "f", "message": "lost"}, {"fingerprint": "g", "severity": "critical"})
    events = [lake_event(f"{DAY} 10:00", type="error", name="e", data=json.dumps(data)) for data in documents]
    store(events, "store:1")
    compute_due_days()


def as_owner(api: httpx2.Client, owner: str) -> None:
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.STORE_OWNER, owner, timedelta(days=400))}"


def test_unresolved_errors_are_listed_by_severity_until_resolved(operator: httpx2.Client, two_errors: None) -> None:
    [group] = operator.get(ERRORS).json()["items"]
    assert (group["fingerprint"], group["error_message"], group["days"]) == ("f", "lost", {DAY: 1})
    assert [each["fingerprint"] for each in operator.get(ERRORS, params={"severity": "critical"}).json()["items"]] == [
        "g"
    ]

    for _ in range(2):
        resolved = operator.post(f"{ERRORS}/{group['id']}", json={"action": "resolve"})
        assert (resolved.status_code, resolved.json()["resolved_by"]) == (200, "operator:op")
    assert operator.get(ERRORS).json()["items"] == []


def test_readers_of_the_site_see_its_errors_and_others_find_no_site(api: httpx2.Client, two_errors: None) -> None:
    assert api.get(ERRORS).status_code == 401
    as_owner(api, "7")
    [group] = api.get(ERRORS).json()["items"]
    as_owner(api, "8")
    for answer in (api.get(ERRORS), api.post(f"{ERRORS}/{group['id']}", json={"action": "resolve"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "SiteNotFound")
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.MEMBER, '7', timedelta(days=400))}"
    assert api.get(ERRORS).status_code == 403


def test_group_of_another_site_is_not_found(operator: httpx2.Client, two_errors: None) -> None:
    [group] = operator.get(ERRORS).json()["items"]
    answer = operator.post(f"/v1/analytics/sites/store:2/errors/{group['id']}", json={"action": "resolve"})
    assert (answer.status_code, answer.json()["code"]) == (404, "ErrorGroupNotFound")
    assert operator.post(f"{ERRORS}/{group['id']}", json={"action": "delete"}).status_code == 422
