"""Which discounts may apply to a cart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.discounts.domain.discount_terms import DiscountTerms, terms_of
from chalicelib.discounts.domain.preview_selection import CodeReason, select_discounts

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def terms(**fields: Any) -> DiscountTerms:
    return terms_of({"title": "t", "value_type": "percentage", "value": "10", "skus": ["A"], **fields})


def test_active_automatic_discounts_and_entered_codes_apply() -> None:
    saved = {
        "automatic": terms(),
        "paused": terms(is_active=False),
        "later": terms(starts_at=NOON + timedelta(hours=1)),
        "entered": terms(discount_code="Sale"),
        "not entered": terms(discount_code="OTHER"),
        "expired": terms(discount_code="OLD", ends_at=NOON),
    }
    selection = select_discounts(saved, {}, ["SALE", "old", "nonsense", "sale"], NOON)
    assert set(selection.terms) == {"automatic", "entered"}
    assert selection.left_out == [("expired", CodeReason.NOT_ACTIVE), (None, CodeReason.UNKNOWN_CODE)]


def test_a_draft_applies_and_replaces_its_saved_discount() -> None:
    draft = terms(value="50", discount_code="NEW", starts_at=NOON + timedelta(days=9))
    selection = select_discounts({"a": terms(), "b": terms()}, {"a": draft}, ["new"], NOON)
    assert selection.terms == {"a": draft, "b": terms()}
    assert selection.left_out == []
