"""`/analytics/app`, and the summary of a site that the page reads."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from tests.analytics.conftest import NewSite


def test_the_page_has_no_data_and_nobody_may_frame_it(api: httpx2.Client) -> None:
    response = api.get("/analytics/app", params={"site": "store:1"})
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert f"{api.base_url}/analytics/snippet.js" in response.text
    assert "eyJ" not in response.text


def test_the_front_door_links_to_the_page(api: httpx2.Client) -> None:
    assert 'href="analytics/app"' in api.get("/").text


@pytest.mark.parametrize(
    ("role", "account", "status"),
    [
        (Role.OPERATOR, "op", 200),
        (Role.SUPPORT, "agent", 200),
        (Role.STORE_OWNER, "1", 200),
        (Role.STORE_OWNER, "2", 404),
        (Role.MEMBER, "1", 403),
    ],
)
def test_readers_see_a_summary_of_their_site(
    api: httpx2.Client, new_site: NewSite, role: Role, account: str, status: int
) -> None:
    site = new_site("store:1", readers=["store:1"])
    headers = {"Authorization": f"Bearer {auth.mint(role, account)}"}
    response = api.get("/v1/analytics/sites/store:1", headers=headers)
    assert response.status_code == status
    if status == 200:
        body = response.json()
        assert (body["key"], body["time_zone"], body["name"]) == (site.key, site.time_zone, site.name)
        assert not {"secret", "readers", "origins"} & body.keys()
