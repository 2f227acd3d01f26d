"""Preview of a cart with the shop's discounts and a draft, by the rules of the function and of Shopify."""

from __future__ import annotations

from chalicelib.discounts.domain.combination import Applicable, CartPreview, preview_cart
from chalicelib.discounts.domain.configuration import configuration
from chalicelib.discounts.domain.discount_terms import DiscountTerms, terms_of
from chalicelib.discounts.domain.evaluation import Cart, CartLine
from chalicelib.discounts.domain.preview_selection import Selection, select_discounts
from chalicelib.discounts.repository import discounts
from chalicelib.discounts.schemas.preview import (
    LeftOutRead,
    PreviewCreate,
    PreviewLineInput,
    PreviewLineRead,
    PreviewRead,
)
from chalicelib.discounts.service.discounts import Editor, require_valid_terms
from chalicelib.kit import clock

DRAFT = "draft"
"""The id of a draft in the result, unless it replaces a saved discount."""
Terms = dict[str, DiscountTerms]
"""Terms by the discount's id."""


def preview_discounts(editor: Editor, body: PreviewCreate) -> PreviewRead:
    """Return an estimate of the cart. Raises InvalidDiscount, DiscountTooLarge for the draft."""
    saved = {row.discount_id: terms_of(discounts.columns_of_row(row)) for row in discounts.iterate_live(editor.shop)}
    draft: Terms = {}
    if body.draft is not None:
        columns = body.draft.model_dump(exclude={"discount_id"})
        draft = {body.draft.discount_id or DRAFT: require_valid_terms(editor, columns, "body.draft")}
    selection = select_discounts(saved, draft, body.codes, clock.now())
    cart = Cart(
        lines=[_cart_line(number, line) for number, line in enumerate(body.lines)],
        currency=body.currency or editor.facts.currency or "USD",
        rate=body.rate,
    )
    return _read(preview_cart(_applicable(selection.terms), cart), selection)


def _applicable(terms: Terms) -> list[Applicable]:
    return [
        Applicable(discount_id, configuration(each), each.combines_with.product) for discount_id, each in terms.items()
    ]


def _cart_line(number: int, line: PreviewLineInput) -> CartLine:
    return CartLine(str(number), line.quantity, line.unit_price, line.sku, line.variant_id)


def _read(preview: CartPreview, selection: Selection) -> PreviewRead:
    left_out = [*preview.left_out.items(), *selection.left_out]
    return PreviewRead(
        lines=[PreviewLineRead.of(line) for line in preview.lines],
        total_before=preview.total_before,
        total_discount=preview.total_discount,
        total_after=preview.total_after,
        left_out=[LeftOutRead(discount_id=name, reason=reason) for name, reason in left_out],
    )
