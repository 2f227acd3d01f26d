"""Settings: schemas by name, versions, audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth
from chalicelib.kit.auth import Role
from chalicelib.platform.models import AuditLog
from chalicelib.platform.schemas.settings import SETTINGS, AllowedHosts, SharedServers
from chalicelib.platform.service.settings import read_setting

Drain = Callable[[], list[dict[str, Any]]]
SERVER = {
    "name": "eu-1",
    "region": "eu-central-1",
    "host": "10.0.0.7",
    "database": "stores",
    "username": "store_login",
    "password_secret": "SHARED_EU_1_LOGIN",
    "admin_username": "store_admin",
    "admin_password_secret": "SHARED_EU_1_ADMIN",
}


def call(
    api: httpx2.Client, method: str, name: str, role: Role = Role.OPERATOR, version: int = 0, **value: Any
) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {auth.mint(role, 'op')}"}
    if method == "GET":
        return api.get(f"/v1/operator/platform/settings/{name}", headers=headers)
    headers["If-Match"] = f'"{version}"'
    return api.put(f"/v1/operator/platform/settings/{name}", json={"value": value}, headers=headers)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_setting_that_was_never_written_has_its_defaults(api: httpx2.Client, name: str) -> None:
    response = call(api, "GET", name, Role.SUPPORT)
    assert (response.status_code, response.headers["ETag"]) == (200, '"0"')
    assert response.json()["value"] == SETTINGS[name]().model_dump()


def test_a_setting_is_stored_by_version_and_audited(api: httpx2.Client, drain: Drain) -> None:
    first = call(api, "PUT", "allowed_hosts", hosts=["db.internal", "10.0.0.7", "fd00::1"])
    assert (first.status_code, first.json()["version"], first.json()["updated_by"]) == (200, 1, "op")
    assert read_setting(AllowedHosts).hosts == ["db.internal", "10.0.0.7", "fd00::1"]
    stale = call(api, "PUT", "allowed_hosts", hosts=[])
    assert (stale.status_code, stale.json()["code"]) == (412, "VersionMismatch")
    assert call(api, "PUT", "allowed_hosts", version=1, hosts=[]).status_code == 200
    assert drain() == []
    entries = list(AuditLog.query("platform"))
    assert [(row.action, row.target, row.actor_id, row.actor_type) for row in entries] == [
        ("platform.put_setting", "setting:allowed_hosts", "op", "operator")
    ] * 2
    assert entries[0].before == {"hosts": []}
    assert entries[0].after == {"hosts": ["db.internal", "10.0.0.7", "fd00::1"]}


def test_shared_servers_name_their_secrets(api: httpx2.Client) -> None:
    assert call(api, "PUT", "shared_servers", servers=[SERVER]).status_code == 200
    [server] = read_setting(SharedServers).servers
    assert (server.port, server.capacity, server.password_secret) == (5432, 1_000, "SHARED_EU_1_LOGIN")


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        (
            "shared_servers",
            {"servers": [SERVER | {"password_secret": "hunter2"}]},
            "body.value.servers.0.password_secret",
        ),
        (
            "shared_servers",
            {"servers": [SERVER | {"password_secret": "STRIPE_SECRET_KEY"}]},
            "body.value.servers.0.password_secret",
        ),
        ("shared_servers", {"servers": [SERVER | {"port": 22}]}, "body.value.servers.0.port"),
        ("shared_servers", {"servers": [SERVER, SERVER]}, "body.value"),
        ("shared_servers", {"servers": [SERVER | {"database": 'a"b'}]}, "body.value.servers.0.database"),
        ("allowed_hosts", {"hosts": ["https://db.internal"]}, "body.value.hosts.0"),
        ("allowed_hosts", {"hosts": ["db internal"]}, "body.value.hosts.0"),
        ("sign_up", {"is_open": "perhaps"}, "body.value.is_open"),
        ("deletion_grace_days", {"days": 0}, "body.value.days"),
        ("maintenance", {"is_onn": True}, "body.value.is_onn"),
    ],
)
def test_a_value_that_does_not_fit_names_its_field(
    api: httpx2.Client, name: str, value: dict[str, Any], path: str
) -> None:
    response = call(api, "PUT", name, **value)
    problem = response.json()
    assert (response.status_code, problem["code"], problem["errors"][0]["path"]) == (422, "InvalidSetting", path)
    assert "hunter2" not in response.text


def test_another_name_is_no_setting(api: httpx2.Client) -> None:
    for method in ("GET", "PUT"):
        response = call(api, method, "colour")
        assert (response.status_code, response.json()["code"]) == (404, "SettingNotFound")


def test_support_changes_no_setting_and_owners_read_none(api: httpx2.Client) -> None:
    assert call(api, "PUT", "sign_up", Role.SUPPORT, is_open=False).status_code == 403
    assert call(api, "GET", "sign_up", Role.OWNER).status_code == 403


def test_owners_see_the_notice_of_maintenance_while_it_is_on(api: httpx2.Client) -> None:
    message = "Moves are slow until <6 pm>."
    assert "banner warn" not in api.get("/platform/app").text
    assert call(api, "PUT", "maintenance", is_on=True, message=message).status_code == 200
    assert "<p>Moves are slow until &lt;6 pm&gt;.</p>" in api.get("/platform/app").text
    assert call(api, "PUT", "maintenance", version=1, is_on=True).status_code == 200
    assert "We are working on Backroom." in api.get("/platform/app").text
    assert call(api, "PUT", "maintenance", version=2, message=message).status_code == 200
    assert "until" not in api.get("/platform/app").text.split("<main")[1].split("</main")[0]
