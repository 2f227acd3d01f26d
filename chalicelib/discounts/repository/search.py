"""Search for discounts by the beginning of a name."""

from __future__ import annotations

from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.models import DiscountName
from chalicelib.kit.tables import readable_rows

MAX_OF_KIND = 10


def list_names(shop: str, kind: NameKind, prefix: str) -> list[DiscountName]:
    """Return at most ten names in force of this kind that begin with `prefix`, in the order of their keys."""
    rows = DiscountName.query(
        shop,
        DiscountName.name.startswith(f"{kind}:{prefix}"),
        filter_condition=DiscountName.until.does_not_exist(),
        limit=MAX_OF_KIND,
    )
    return list(readable_rows(rows))
