"""The S3 objects of archived rows: their text moves into the archive's file, then they are deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.kit.data_policy import RetentionRule
from chalicelib.retention.domain import archive_pages
from chalicelib.retention.domain.archive_pages import ExpiredRow, Item
from chalicelib.retention.repository import rows, s3_objects

MAX_BYTES = 16_000_000
"""Bytes of the objects of one page; the next page has the rest."""


def embed_objects(rule: RetentionRule, expired: list[ExpiredRow]) -> list[ExpiredRow]:
    """Return the rows with the texts of their objects, at least one row and at most MAX_BYTES of texts.

    The address of an object that does not exist stays in the row.
    """
    result: list[ExpiredRow] = []
    used = 0
    for row in expired:
        if used >= MAX_BYTES:
            break
        item = row.item
        for column in rule.object_columns:
            address = archive_pages.object_address(item, column)
            text = s3_objects.read_text(address) if address else None
            if text is not None:
                used += len(text)
                item = archive_pages.with_object(item, column, text)
        result.append(replace(row, item=item))
    return result


def delete_objects(rule: RetentionRule, items: Iterable[Item]) -> None:
    """Delete the objects of archived rows, except those to which a row still refers: it changed and was not deleted."""
    for archived in items if rule.object_columns else ():
        item = archive_pages.without_objects(archived, rule.object_columns)
        for column in rule.object_columns:
            address = archive_pages.object_address(item, column)
            if address and item[column] != archived[column] and not rows.has_value(rule.table, item, column):
                s3_objects.delete_object(address)
