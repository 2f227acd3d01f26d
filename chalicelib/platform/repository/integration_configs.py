"""Stored connections of stores: secrets encrypted for their row, everything else in clear.

A login of Backroom's shared servers has no stored password, but the name of the secret that holds it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from pynamodb.expressions.update import Action

from chalicelib.integrations.sql.servers import Dialect, Server
from chalicelib.kit import clock, secret_reader, secrets
from chalicelib.kit.tables import Transaction
from chalicelib.platform.domain.sealed_columns import config_context
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.enums import DatabaseType, IntegrationType
from chalicelib.platform.errors import StoreNotProvisioned
from chalicelib.platform.models import IntegrationConfig, Store
from chalicelib.platform.repository.certificates import load_certificate, put_certificate

_LARGE = 4_000
"""A certificate of more bytes is stored in S3: each item read costs by its size."""


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """A connection as it is stored. `certificate` is PEM, or the address in S3 of a large one."""

    database_type: DatabaseType
    public: dict[str, Any]
    secret: dict[str, Any] = field(repr=False)
    certificate: str | None = field(repr=False)

    def place(self) -> StorePlace:
        """Return where the tables are, with the login of the store's calls."""
        return StorePlace(self._server(self.public, self.secret), self.public["schema"], self.public.get("role"))

    def migrating_place(self) -> StorePlace:
        """Return where the tables are, with the login that may change them."""
        if "migrator" not in self.public:
            return StorePlace(self._server(self.public, self.secret), self.public["schema"])
        return StorePlace(self._server(self.public["migrator"], self.secret["migrator"]), self.public["schema"])

    def _server(self, public: dict[str, Any], secret: dict[str, Any]) -> Server:
        password_secret = secret.get("password_secret")
        return Server(
            dialect=Dialect(public["dialect"]),
            host=public["host"],
            port=public["port"],
            database=public["database"],
            username=public["username"],
            password=secret_reader.shared_password(password_secret) if password_secret else secret["password"],
            ca_certificate=load_certificate(self.certificate),
            password_secret=password_secret,
        )


def load_stored_place(store: Store) -> StoredPlace:
    """Return the store's connection. Raises StoreNotProvisioned."""
    if store.database_type is None:
        raise StoreNotProvisioned
    row = _get(store)
    return StoredPlace(store.database_type, row.public, _decrypt(row), row.ca_certificate)


def load_place(store: Store) -> StorePlace:
    """Return where the store's tables are, with the login of its calls. Raises StoreNotProvisioned."""
    return load_stored_place(store).place()


def load_migrator(store: Store) -> StorePlace:
    """Return where the store's tables are, with the login that may change them. Raises StoreNotProvisioned."""
    return load_stored_place(store).migrating_place()


def read_public_place(store: Store) -> dict[str, Any]:
    """Return the public part of the store's connection, without secrets. Raises StoreNotProvisioned."""
    return dict(_get(store).public)


def save_place(store_id: str, database_type: DatabaseType, place: StorePlace, migrator: Server | None = None) -> None:
    """Store the connection, or replace it. `migrator` is the login that may change tables, if it is another."""
    row = IntegrationConfig(store_id, IntegrationType(database_type.value))
    row.update(_place_actions(row, place, migrator))


def stage_place(
    transaction: Transaction,
    store_id: str,
    database_type: DatabaseType,
    place: StorePlace,
    migrator: Server | None = None,
) -> None:
    """Store or replace the connection in the transaction. A large certificate is put into S3 before."""
    row = IntegrationConfig(store_id, IntegrationType(database_type.value))
    transaction.update(row, _place_actions(row, place, migrator))


def stage_removal(transaction: Transaction, store_id: str, database_type: DatabaseType) -> None:
    """Remove the connection in the transaction."""
    transaction.delete(IntegrationConfig(store_id, IntegrationType(database_type.value)))


def _place_actions(row: IntegrationConfig, place: StorePlace, migrator: Server | None) -> list[Action]:
    """Return what sets the connection's columns, once a large certificate is in S3."""
    public = {**_public(place.server), "schema": place.schema, "role": place.role}
    secret = _secret(place.server)
    if migrator is not None:
        public["migrator"] = _public(migrator)
        secret["migrator"] = _secret(migrator)
    now, context = clock.now(), config_context(row.store_id, row.integration_type)
    certificate = _kept_certificate(row.store_id, place.server.ca_certificate)
    return [
        IntegrationConfig.config_data.set(secrets.encrypt(json.dumps(secret), context)),
        IntegrationConfig.public.set(public),
        IntegrationConfig.is_active.set(True),
        IntegrationConfig.version.add(1),
        IntegrationConfig.created_at.set(IntegrationConfig.created_at | now),
        IntegrationConfig.updated_at.set(now),
        IntegrationConfig.last_error.remove(),
        IntegrationConfig.ca_certificate.set(certificate) if certificate else IntegrationConfig.ca_certificate.remove(),
    ]


def _get(store: Store) -> IntegrationConfig:
    if store.database_type is None:
        raise StoreNotProvisioned
    try:
        return IntegrationConfig.get(store.id, IntegrationType(store.database_type.value), consistent_read=True)
    except IntegrationConfig.DoesNotExist as error:
        raise StoreNotProvisioned from error


def _public(server: Server) -> dict[str, Any]:
    return {
        "dialect": server.dialect.value,
        "host": server.host,
        "port": server.port,
        "database": server.database,
        "username": server.username,
    }


def _secret(server: Server) -> dict[str, Any]:
    if server.password_secret:
        return {"password_secret": server.password_secret}
    return {"password": server.password}


def _decrypt(row: IntegrationConfig) -> dict[str, Any]:
    return dict(json.loads(secrets.decrypt(row.config_data, config_context(row.store_id, row.integration_type))))


def _kept_certificate(store_id: str, certificate: str | None) -> str | None:
    """Return the certificate, or the address of a large one, put into S3."""
    if certificate is None or len(certificate.encode()) <= _LARGE:
        return certificate
    return put_certificate(store_id, certificate)
