"""Fixtures of the tests of platform: stores with real databases."""

from tests.platform.store_databases import (  # noqa: F401
    _store_databases,
    any_database,
    either_database,
    shared_database,
)
