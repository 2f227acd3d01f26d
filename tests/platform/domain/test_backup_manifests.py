"""Manifests of backups: read as they were written, refused otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from chalicelib.platform.domain.backup_manifests import BackupManifest, TableFile, mismatch, parse_manifest

MANIFEST = BackupManifest(
    "one", "0003", datetime(2026, 11, 30, tzinfo=UTC), {"orders": TableFile(2, "ab"), "prices": TableFile(0, "cd")}
)


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert parse_manifest(MANIFEST.to_json()) == MANIFEST
    assert MANIFEST.row_count == 2


@pytest.mark.parametrize("name", ["store_id", "revision", "created_at", "tables"])
def test_a_manifest_without_a_field_is_refused(name: str) -> None:
    content = json.loads(MANIFEST.to_json())
    del content[name]
    with pytest.raises(ValueError, match="lacks a field"):
        parse_manifest(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "null", '{"tables": []}', '{"tables": {"orders": {"rows": "x"}}}'])
def test_a_text_that_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_manifest(text)


@pytest.mark.parametrize(
    ("found", "words"), [(TableFile(1, "ab"), "1 rows instead of 2"), (TableFile(2, "xy"), "another SHA-256")]
)
def test_a_file_that_differs_from_the_manifest_is_named(found: TableFile, words: str) -> None:
    assert mismatch(MANIFEST, "orders", TableFile(2, "ab")) is None
    reason = mismatch(MANIFEST, "orders", found)
    assert reason is not None
    assert words in reason
