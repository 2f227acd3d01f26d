"""The rows that a preview request depends on, in one read."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit.tables import Table, get_many
from chalicelib.studio.models import AiStyle, Product, ProductStyle, Quota, Size, Upload


@dataclass(frozen=True, slots=True)
class PreviewInputs:
    """The rows of a preview request; None for a row that does not exist, or a size that is not chosen."""

    product: Product | None
    style: AiStyle | None
    link: ProductStyle | None
    upload: Upload | None
    quota: Quota | None
    size: Size | None = None


def read_preview_inputs(shop: str, product: str, style: str, upload: str, size: str | None) -> PreviewInputs:
    """Read five tables, and the size if one is chosen, in one consistent BatchGetItem."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Product, (shop, product)),
        (AiStyle, (shop, style)),
        (ProductStyle, (product, style)),
        (Upload, (upload,)),
        (Quota, (shop,)),
    ]
    if size is not None:
        keys.append((Size, (product, size)))
    rows = get_many(keys, consistent=True)
    return PreviewInputs(*rows)  # type: ignore[arg-type]
