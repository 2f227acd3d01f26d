"""Schemas of the platform's settings: each name has one, whose defaults hold until the setting is written."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from chalicelib.kit.schemas import Input, Schema, Timestamp
from chalicelib.kit.secret_reader import SHARED

_LABEL = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_IPV6 = "[0-9a-f]{0,4}(:[0-9a-f]{0,4}){2,7}"
_IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"

Host = Annotated[str, StringConstraints(pattern=rf"^({_LABEL}(\.{_LABEL})*|{_IPV6})$", max_length=253)]
"""A host name or address in lower case."""
SecretName = Annotated[str, StringConstraints(pattern=rf"^{SHARED}[A-Z0-9_]{{1,93}}$")]
"""The name of a secret in Parameter Store, below `/<prefix>/<stage>/`; never the secret.

Only secrets of shared servers: the password is sent to the host beside it, and no other secret may go there.
"""
Identifier = Annotated[str, StringConstraints(pattern=_IDENTIFIER)]


class SettingValue(Input):
    """The value of a setting."""

    setting: ClassVar[str]


class SharedServer(Input):
    """A PostgreSQL server on which stores without a database of their own have a schema.

    `username` is the login of the stores' calls: NOINHERIT, and member of each store's role. `admin_username` creates
    roles and schemas. The secrets are names in Parameter Store.
    """

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$", description="Never changes: jobs note it.")
    region: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    host: Host
    port: int = Field(default=5432, ge=1024, le=65_535)
    database: Identifier
    username: Identifier
    password_secret: SecretName
    admin_username: Identifier
    admin_password_secret: SecretName
    ca_certificate: str | None = Field(default=None, max_length=4_096, description="PEM, if no public CA signed it.")
    capacity: int = Field(default=1_000, ge=0, le=1_000, description="Stores at most; 0: no new ones.")


class SharedServers(SettingValue):
    """The servers of the stores on `shared`."""

    setting = "shared_servers"

    servers: list[SharedServer] = Field(default=[], max_length=50)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        names = [each.name for each in self.servers]
        if len(set(names)) < len(names):
            raise ValueError("two servers have the same name")
        return self


class AllowedHosts(SettingValue):
    """Hosts of stores' databases that Backroom connects to although they are not public."""

    setting = "allowed_hosts"

    hosts: list[Host] = Field(default=[], max_length=1_000)


class SignUp(SettingValue):
    """Whether new owners can sign up."""

    setting = "sign_up"

    is_open: bool = True


class DeletionGrace(SettingValue):
    """The days between the deletion of a store and the end of its data."""

    setting = "deletion_grace_days"

    days: int = Field(default=30, ge=1, le=90)


class Maintenance(SettingValue):
    """The maintenance notice on the owners' page: whether it is shown, and its text. Calls are not affected."""

    setting = "maintenance"

    is_on: bool = False
    message: str = Field(default="", max_length=200)


SETTINGS: dict[str, type[SettingValue]] = {
    kind.setting: kind for kind in (SharedServers, AllowedHosts, SignUp, DeletionGrace, Maintenance)
}


class SettingPut(Input):
    """A new value of a setting, by the schema of its name."""

    value: dict[str, Any] = Field(description="The whole value; fields that are left out get their defaults.")


class SettingRead(Schema):
    """A setting. `version` is 0 and `updated_at` null until it is written."""

    name: str
    value: dict[str, Any]
    version: int
    updated_by: str | None
    updated_at: Timestamp | None
