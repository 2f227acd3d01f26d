"""Fixtures of the tests of platform: stores with real databases."""

from tests.platform.store_databases import (  # noqa: F401
    any_database,
    either_database,
    mysql_store,
    postgresql_store,
    shared_database,
    shared_store,
    supabase_store,
)
