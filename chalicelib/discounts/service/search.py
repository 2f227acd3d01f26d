"""Search for discounts by the beginning of a code, a title or a SKU."""

from __future__ import annotations

from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.models import Discount, DiscountName
from chalicelib.discounts.repository import discounts, search
from chalicelib.discounts.schemas.dashboard import SearchRead, SearchResultRead


def search_discounts(shop: str, text: str) -> SearchRead:
    """Return the discounts whose code, title or SKU begins with the text. Only a SKU's letters have a case.

    Costs three queries and one read of the discounts. A name whose discount lacks the item is left out.
    """
    prefixes = {NameKind.CODE: text.lower(), NameKind.TITLE: text.casefold(), NameKind.SKU: text}
    names = [name for kind, prefix in prefixes.items() for name in search.list_names(shop, kind, prefix)]
    rows = discounts.find_many(shop, sorted({name.discount_id for name in names}))
    by_id = {row.discount_id: row for row in rows}
    pairs = [(name, by_id[name.discount_id]) for name in names if name.discount_id in by_id]
    return SearchRead(items=[_result(name, row) for name, row in pairs if _is_named(name, row)])


def _result(name: DiscountName, row: Discount) -> SearchResultRead:
    names = {NameKind.CODE: row.discount_code or "", NameKind.TITLE: row.title}
    return SearchResultRead(
        kind=name.kind,
        name=names.get(name.kind, _sku(name)),
        discount_id=row.discount_id,
        title=row.title,
        discount_code=row.discount_code,
        is_active=row.is_active,
    )


def _is_named(name: DiscountName, row: Discount) -> bool:
    return name.kind is not NameKind.SKU or _sku(name) in row.skus


def _sku(name: DiscountName) -> str:
    """Return the SKU in a key `sku:<SKU>#<discount_id>`."""
    return name.name.removeprefix(f"{NameKind.SKU}:").removesuffix(f"#{name.discount_id}")
