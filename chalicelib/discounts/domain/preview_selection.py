"""The discounts of a shop that may apply to a cart: the draft, the active automatic ones, and entered codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.discounts.domain.discount_terms import DiscountTerms, status_at
from chalicelib.discounts.domain.names import code_name
from chalicelib.discounts.enums import DiscountStatus


class CodeReason(StrEnum):
    """The reason why an entered code gives nothing."""

    NOT_ACTIVE = "not_active"
    UNKNOWN_CODE = "unknown_code"


@dataclass(frozen=True, slots=True)
class Selection:
    """The terms that may apply, by the discount's id. `left_out`: an id (None: unknown) and the reason."""

    terms: dict[str, DiscountTerms]
    left_out: list[tuple[str | None, CodeReason]]


def select_discounts(
    saved: Mapping[str, DiscountTerms], draft: Mapping[str, DiscountTerms], codes: Iterable[str], now: datetime
) -> Selection:
    """Select the discounts for a cart. A draft applies whatever its window, and replaces a saved one with its id."""
    entered = dict.fromkeys(map(code_name, codes))
    selection = Selection(dict(draft), [])
    known = {_code(terms) for terms in draft.values()}
    for discount_id, terms in saved.items():
        name = _code(terms)
        if discount_id in draft or (name is not None and name not in entered):
            continue
        known.add(name)
        if status_at(terms, now) is DiscountStatus.ACTIVE:
            selection.terms[discount_id] = terms
        elif name is not None:
            selection.left_out.append((discount_id, CodeReason.NOT_ACTIVE))
    selection.left_out.extend((None, CodeReason.UNKNOWN_CODE) for name in entered if name not in known)
    return selection


def _code(terms: DiscountTerms) -> str | None:
    return None if terms.discount_code is None else code_name(terms.discount_code)
