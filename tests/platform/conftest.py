"""Fixtures of platform's tests: stores with real databases, owners, and the servers that they use."""

from __future__ import annotations

from tests.platform.provisioned_stores import kind, prepared_place, prepared_places, provisioned_store
from tests.platform.store_databases import (
    any_database,
    either_database,
    shared_database,
)
from tests.platform.store_servers import own_mysql, own_postgresql, server_of_kind, shared_server, supabase_account
from tests.together.conftest import mailbox, moved_clock

__all__ = [
    "any_database",
    "either_database",
    "kind",
    "mailbox",
    "moved_clock",
    "own_mysql",
    "own_postgresql",
    "prepared_place",
    "prepared_places",
    "provisioned_store",
    "server_of_kind",
    "shared_database",
    "shared_server",
    "supabase_account",
]
