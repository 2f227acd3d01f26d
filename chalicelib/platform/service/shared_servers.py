"""The shared servers of the setting `shared_servers`, with their logins."""

from __future__ import annotations

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.kit.secret_reader import shared_password
from chalicelib.platform.domain.provisioning_targets import ProvisioningTarget, shared_name
from chalicelib.platform.repository.settings import find_setting
from chalicelib.platform.schemas.settings import SharedServer, SharedServers


def list_shared_servers(region: str | None) -> list[SharedServer]:
    """Return the shared servers of a region."""
    row = find_setting(SharedServers.setting)
    value = SharedServers.model_validate(row.value if row else {})
    return [server for server in value.servers if server.region == region]


def find_shared_server(region: str | None, name: str) -> SharedServer | None:
    """Return the shared server of this name, or None."""
    return next((server for server in list_shared_servers(region) if server.name == name), None)


def shared_target(server: SharedServer, place_id: str) -> ProvisioningTarget:
    """Return the schema of a store, named by `place_id`, on a shared server. Raises SettingMissing if a secret is not set."""
    admin = _login(server, server.admin_username, server.admin_password_secret)
    runtime = _login(server, server.username, server.password_secret)
    name = shared_name(place_id)
    return ProvisioningTarget(admin, runtime, name, role=name)


def _login(server: SharedServer, username: str, password_secret: str) -> Server:
    return Server(
        Dialect.POSTGRESQL,
        server.host,
        server.port,
        server.database,
        username,
        shared_password(password_secret),
        server.ca_certificate,
        password_secret,
    )
