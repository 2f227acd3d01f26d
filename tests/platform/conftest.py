"""Fixtures of platform's tests."""

from __future__ import annotations

from tests.platform.provisioned_stores import kind, prepared_place, prepared_places, provisioned_store

__all__ = ["kind", "prepared_place", "prepared_places", "provisioned_store"]
