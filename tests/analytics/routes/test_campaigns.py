from __future__ import annotations

import httpx2
import pytest

from chalicelib.kit import auth, sessions
from chalicelib.kit.auth import Account, Role

PATH = "/v1/analytics/sites/store:1/campaigns"
BODY = {"name": "Spring", "cost": "12.50", "currency": "EUR", "sent_at": "2026-03-20T08:00:00Z"}


@pytest.fixture(autouse=True)
def sites(new_site):
    new_site(readers=["store:mine"])
    new_site("store:2", readers=["store:other"])


def as_role(api: httpx2.Client, role: Role, account: str) -> httpx2.Client:
    api.headers["Authorization"] = f"Bearer {auth.mint(role, account)}"
    return api


def test_campaign_is_created_once_and_listed(operator: httpx2.Client) -> None:
    answers = [operator.post(PATH, json=BODY, headers={"Idempotency-Key": "campaign-1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    created, repeated = (answer.json() for answer in answers)
    assert created == repeated
    assert (created["name"], created["cost"], created["currency"]) == ("Spring", "12.50", "EUR")
    assert (created["sent"], created["open_rate"], created["roi"]) == (0, None, "-1.0000")
    later = operator.post(PATH, json={"name": "Later"}).json()
    assert [each["campaign_id"] for each in operator.get(PATH).json()["items"]] == [
        later["campaign_id"],
        created["campaign_id"],
    ]


def test_readers_use_their_own_sites_campaigns(api: httpx2.Client) -> None:
    assert as_role(api, Role.STORE_OWNER, "mine").post(PATH, json=BODY).status_code == 201
    stranger = as_role(api, Role.STORE_OWNER, "other")
    for answer in (stranger.get(PATH), stranger.post(PATH, json=BODY)):
        assert (answer.status_code, answer.json()["code"]) == (404, "SiteNotFound")
    assert stranger.get(PATH.replace("store:1", "store:2")).json()["items"] == []
    assert as_role(api, Role.SUPPORT, "s").post(PATH, json=BODY).status_code == 403
    assert as_role(api, Role.MEMBER, "mine").get(PATH).status_code == 403


def test_the_end_of_a_session_ends_the_access_to_sites(api: httpx2.Client) -> None:
    session = sessions.begin_session("owner:1", None)
    token = auth.mint_store_token("mine", Account(Role.OWNER, "1", session.id))
    headers = {"Authorization": f"Bearer {token}"}
    assert api.get(PATH, headers=headers).status_code == 200
    sessions.end_sessions([session])
    assert api.get(PATH, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"cost": "-1"}, {"cost": "NaN"}, {"currency": "euro"}, {"sent_at": "soon"}, {"sent": 3}]
)
def test_invalid_campaign_is_refused(operator: httpx2.Client, change: dict[str, object]) -> None:
    assert operator.post(PATH, json={**BODY, **change}).status_code == 422
    assert operator.get(PATH).json()["items"] == []
