"""Search for discounts by the beginning of a code, a title or a SKU."""

from __future__ import annotations

from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.models import Discount, DiscountName
from chalicelib.discounts.repository import discounts, search
from chalicelib.discounts.schemas.dashboard import SearchRead, SearchResultRead
from chalicelib.discounts.service import name_cleanup


def search_discounts(shop: str, text: str) -> SearchRead:
    """Return the discounts whose code, title or SKU begins with the text. Only a SKU's letters have a case.

    Costs three queries and one read of the discounts. A name that its discount lacks is left out; if it was left by a
    crash, it is deleted, and the search runs again: the ten names of a kind may hide others.
    """
    names, rows = _matches(shop, text)
    if name_cleanup.delete_orphans(names, rows):
        names, rows = _matches(shop, text)
    named = [name for name in names if name_cleanup.has_name(rows.get(name.discount_id), name)]
    return SearchRead(items=[_result(name, rows[name.discount_id]) for name in named])


def _matches(shop: str, text: str) -> tuple[list[DiscountName], dict[str, Discount]]:
    """Return the names that begin with the text, and their discounts by id."""
    prefixes = {NameKind.CODE: text.lower(), NameKind.TITLE: text.casefold(), NameKind.SKU: text}
    names = [name for kind, prefix in prefixes.items() for name in search.list_names(shop, kind, prefix)]
    rows = discounts.find_many(shop, sorted({name.discount_id for name in names}))
    return names, {row.discount_id: row for row in rows}


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


def _sku(name: DiscountName) -> str:
    """Return the SKU in a key `sku:<SKU>#<discount_id>`."""
    return name.name.removeprefix(f"{NameKind.SKU}:").removesuffix(f"#{name.discount_id}")
