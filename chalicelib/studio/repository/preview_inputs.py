"""The rows that a preview request depends on, in one read."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.kit.tables import Table, get_many
from chalicelib.studio.models import AiStyle, Product, ProductStyle, Quota, Upload


@dataclass(frozen=True, slots=True)
class PreviewInputs:
    """The rows of a preview request; None for a row that does not exist."""

    product: Product | None
    style: AiStyle | None
    link: ProductStyle | None
    upload: Upload | None
    quota: Quota | None


def read_preview_inputs(shop: str, product: str, style: str, upload: str) -> PreviewInputs:
    """Read five tables in one consistent BatchGetItem."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Product, (shop, product)),
        (AiStyle, (shop, style)),
        (ProductStyle, (product, style)),
        (Upload, (upload,)),
        (Quota, (shop,)),
    ]
    rows = get_many(keys, consistent=True)
    return PreviewInputs(*rows)  # type: ignore[arg-type]
