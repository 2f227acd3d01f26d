"""Fixtures of platform's tests."""

from tests.platform.connected_stores import connected_store  # noqa: F401
