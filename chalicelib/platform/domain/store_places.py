"""Where the tables of a store are: the server, the schema, and the role that owns no other store's rows."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.integrations.sql.servers import Server


@dataclass(frozen=True, slots=True)
class StorePlace:
    """A store's schema. `schema` is the database's name in MySQL, which has no schemas inside a database.

    `role` is the role of each transaction (`SET LOCAL ROLE`) if the login serves several stores, else None.
    """

    server: Server
    schema: str
    role: str | None = None
