"""All that a preview request depends on, in one read."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit.tables import Table, get_many
from chalicelib.studio.models import AiStyle, Product, ProductStyle, Quota, Upload


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that there are. The quota may lag a moment: its write is conditional."""

    product: Product | None
    style: AiStyle | None
    link: ProductStyle | None
    upload: Upload | None
    quota: Quota | None


def read(shop: str, product: str, style: str, upload: str) -> Found:
    """One BatchGetItem over five tables."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Product, (shop, product)),
        (AiStyle, (shop, style)),
        (ProductStyle, (product, style)),
        (Upload, (upload,)),
        (Quota, (shop,)),
    ]
    rows = get_many(keys, consistent=True)
    return Found(*rows)  # type: ignore[arg-type]
