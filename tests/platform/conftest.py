"""Fixtures of platform's tests."""

from __future__ import annotations

from tests.platform.provisioned_stores import kind, prepared_place, prepared_places, provisioned_store
from tests.platform.store_servers import own_mysql, own_postgresql, server_of_kind, shared_server, supabase_account

__all__ = [
    "kind",
    "own_mysql",
    "own_postgresql",
    "prepared_place",
    "prepared_places",
    "provisioned_store",
    "server_of_kind",
    "shared_server",
    "supabase_account",
]
