"""The rows that a preview request depends on, in one read."""

from __future__ import annotations

from collections.abc import Sequence
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
    counters: list[Table | None]


Keys = Sequence[tuple[type[Table], tuple[str, ...]]]


def read_preview_inputs(shop: str, product: str, style: str, upload: str, counters: Keys) -> PreviewInputs:
    """Read five tables, and the rows of `counters`, in one consistent BatchGetItem."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Product, (shop, product)),
        (AiStyle, (shop, style)),
        (ProductStyle, (product, style)),
        (Upload, (upload,)),
        (Quota, (shop,)),
    ]
    rows = get_many([*keys, *counters], consistent=True)
    product_row, style_row, link, upload_row, quota, *counter_rows = rows
    return PreviewInputs(product_row, style_row, link, upload_row, quota, counter_rows)  # type: ignore[arg-type]
