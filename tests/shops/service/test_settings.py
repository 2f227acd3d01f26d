"""Settings of a merchant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from chalicelib.shops.models import AppSettingsVersion

Bearer = Callable[..., dict[str, str]]
PATH = "/v1/shops/me/settings"


@pytest.fixture
def put_settings(api: httpx2.Client, installed_shop: str, bearer: Bearer) -> Callable[..., httpx2.Response]:
    def send(settings: Any, etag: str | None = '"0"', **claims: Any) -> httpx2.Response:
        headers = bearer(installed_shop, **claims) | ({"If-Match": etag} if etag else {})
        return api.put(PATH, json={"settings": settings}, headers=headers)

    return send


Put = Callable[..., httpx2.Response]


def test_settings_are_empty_at_first(api: httpx2.Client, installed_shop: str, bearer: Bearer) -> None:
    response = api.get(PATH, headers=bearer(installed_shop))
    assert response.json() == {"settings": {}, "version": 0, "updated_at": None}
    assert response.headers["etag"] == '"0"'


def test_settings_are_read_and_changed(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, put_settings: Put
) -> None:
    settings = {"theme": {"colour": "#fff"}, " odd key ": [1, 2.5, None, True, "é 😀 "], "enabled": False}
    first = put_settings(settings)
    assert (first.status_code, first.headers["etag"]) == (200, '"1"')
    response = api.get(PATH, headers=bearer(installed_shop))
    assert response.json()["settings"] == settings
    assert response.json()["updated_at"].endswith("Z")
    unchanged = api.get(PATH, headers=bearer(installed_shop) | {"If-None-Match": '"1"'})
    assert unchanged.status_code == 304
    assert put_settings({"theme": None}, '"1"').json()["version"] == 2


def test_concurrent_edits_are_detected(put_settings: Put) -> None:
    assert put_settings({"by": "a"}).status_code == 200
    late_response = put_settings({"by": "b"})
    assert (late_response.status_code, late_response.json()["code"]) == (412, "VersionMismatch")
    assert put_settings({"by": "b"}, '"7"').status_code == 412
    assert put_settings({"by": "b"}, None).status_code == 428
    for etag in ('"one"', f'"{"9" * 5000}"'):
        assert put_settings({"by": "b"}, etag).status_code == 400


def test_numbers_outside_json_are_refused(api: httpx2.Client, installed_shop: str, bearer: Bearer) -> None:
    headers = bearer(installed_shop) | {"If-Match": '"0"', "Content-Type": "application/json"}
    assert api.put(PATH, content=b'{"settings":{"n":1e999}}', headers=headers).status_code == 422


def test_one_of_ten_concurrent_writers_wins(put_settings: Put) -> None:
    put_settings({"n": 0})
    with ThreadPoolExecutor(10) as people:
        responses = list(people.map(lambda n: put_settings({"n": n}, '"1"').status_code, range(10)))
    assert sorted(responses) == [200] + [412] * 9


def test_settings_are_limited_to_64_kb(put_settings: Put) -> None:
    room = 64 * 1024 - len('{"a":""}')
    assert put_settings({"a": "x" * room}).status_code == 200
    over = put_settings({"a": "x" * (room + 1)}, '"1"')
    assert (over.status_code, over.json()["code"]) == (413, "SettingsTooLarge")


@pytest.mark.parametrize("settings", [None, [], "text", 7])
def test_settings_must_be_an_object(put_settings: Put, settings: Any) -> None:
    response = put_settings(settings)
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "body.settings"


def test_settings_are_separate_per_app_and_shop(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, put_settings: Put
) -> None:
    put_settings({"secret": 1})
    for headers in (bearer(installed_shop, "discounts"), bearer(f"other-{installed_shop}")):
        assert api.get(PATH, headers=headers).json()["version"] == 0
        assert api.get(f"{PATH}/history", headers=headers).json()["items"] == []


def test_earlier_versions_are_readable(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, put_settings: Put
) -> None:
    for n in range(3):
        assert put_settings({"n": n}, f'"{n}"', sub=str(40 + n)).status_code == 200
    first = api.get(f"{PATH}/history", headers=bearer(installed_shop), params={"limit": 2}).json()
    assert [(item["version"], item["settings"], item["changed_by"]) for item in first["items"]] == [
        (3, {"n": 2}, "42"),
        (2, {"n": 1}, "41"),
    ]
    cursor = {"limit": 2, "cursor": first["next_cursor"]}
    rest = api.get(f"{PATH}/history", headers=bearer(installed_shop), params=cursor).json()
    assert [item["version"] for item in rest["items"]] == [1]
    assert rest["next_cursor"] is None
    stranger = api.get(f"{PATH}/history", headers=bearer(f"other-{installed_shop}"), params=cursor)
    assert stranger.status_code == 422


def test_an_expired_version_is_not_returned(
    api: httpx2.Client, installed_shop: str, bearer: Bearer, put_settings: Put
) -> None:
    put_settings({"n": 0})
    [version] = AppSettingsVersion.query(f"{installed_shop}#studio")
    version.update([AppSettingsVersion.expires_epoch.set(version.changed_at)])
    assert api.get(f"{PATH}/history", headers=bearer(installed_shop)).json()["items"] == []


def test_installs_and_uninstalls_are_paged(api: httpx2.Client, installed_shop: str, bearer: Bearer) -> None:
    from tests.shops.conftest import install

    install(api, "discounts", installed_shop)
    install(api, "studio", installed_shop)
    seen_items: list[str] = []
    cursor: str | None = None
    while True:
        params = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = api.get("/v1/shops/me/history", headers=bearer(installed_shop), params=params).json()
        seen_items += [item["event_type"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen_items == ["reinstall", "install"]
