"""Keys of the names by which a discount is found, and the difference of two lists of items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from chalicelib.discounts.enums import NameKind
from chalicelib.kit import clock

MAX_NAME_BYTES = 900
"""Bytes of a code, title or SKU in a key: DynamoDB's sort keys hold 1,024, and ids, dates and times are added."""
_VARIANT = re.compile(r"gid://shopify/ProductVariant/([1-9][0-9]{0,19})")


def code_name(code: str) -> str:
    """Return the key of a code, the same in any letter case."""
    return f"{NameKind.CODE}:{code.lower()}"


def is_code(name: str) -> bool:
    """Return whether a key is that of a code."""
    return name.startswith(f"{NameKind.CODE}:")


def title_name(title: str) -> str:
    """Return the key of a title, the same in any letter case."""
    return f"{NameKind.TITLE}:{title.casefold()}"


def item_name(item: str, discount_id: str) -> str:
    """Return the key of a discount's item: a SKU, exact and case-sensitive, or the GID of a variant."""
    number = variant_number(item)
    return f"{NameKind.VARIANT}:{number}#{discount_id}" if number else f"{NameKind.SKU}:{item}#{discount_id}"


def former_name(name: str, until: datetime) -> str:
    """Return the key of a code or title that was in force until then."""
    return f"{name}#{clock.iso(until)}"


def variant_number(item: str) -> str | None:
    """Return the number of a variant's GID; None for a SKU."""
    match = _VARIANT.fullmatch(item)
    return match[1] if match else None


def item_kind(item: str) -> NameKind:
    """Return whether an item is a SKU or a variant."""
    return NameKind.VARIANT if variant_number(item) else NameKind.SKU


def names_of(code: str | None, title: str) -> dict[str, NameKind]:
    """Return the keys that must be unique among a shop's live discounts, with their kinds."""
    named = {title_name(title): NameKind.TITLE}
    return named | ({code_name(code): NameKind.CODE} if code is not None else {})


def item_changes(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the added and the removed items, each in its list's order."""
    old, new = set(before), set(after)
    return [item for item in after if item not in old], [item for item in before if item not in new]
