"""Databases and logins of the local stack, with fixed passwords: the servers are on loopback.

The shared server has the two logins that `shared_servers` names: one creates the stores' roles and schemas, one runs
their calls. A database named `owner` on either server is that of an owner who brings their own.
"""

from __future__ import annotations

SHARED_DATABASE = "stores"
SHARED_ADMIN, SHARED_LOGIN = "store_admin", "store_calls"
OWNER = "owner"
"""Name of a database and of its owner's login."""
PASSWORDS = {
    SHARED_ADMIN: "store-admin-on-loopback",
    SHARED_LOGIN: "store-calls-on-loopback",
    OWNER: "owner-on-loopback",
}
ROLE_OPTIONS = {SHARED_ADMIN: "CREATEROLE", SHARED_LOGIN: "NOINHERIT", OWNER: "CREATEROLE"}
DATABASE_OWNERS = {SHARED_DATABASE: SHARED_ADMIN, OWNER: OWNER}
