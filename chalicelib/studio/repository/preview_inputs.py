"""The rows that a preview request depends on, in one read."""

from __future__ import annotations

from collections.abc import Sequence
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
    size: Size | None
    counters: list[Table | None]


@dataclass(frozen=True, slots=True)
class PreviewChoice:
    """The ids that a preview request names."""

    product: str
    style: str
    upload: str
    size: str | None


Keys = Sequence[tuple[type[Table], tuple[str, ...]]]


def read_preview_inputs(shop: str, choice: PreviewChoice, counters: Keys) -> PreviewInputs:
    """Read five tables, the size if one is chosen, and the rows of `counters`, in one consistent BatchGetItem."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Product, (shop, choice.product)),
        (AiStyle, (shop, choice.style)),
        (ProductStyle, (choice.product, choice.style)),
        (Upload, (choice.upload,)),
        (Quota, (shop,)),
    ]
    sizes: Keys = [] if choice.size is None else [(Size, (choice.product, choice.size))]
    rows = get_many([*keys, *sizes, *counters], consistent=True)
    read, size_rows, counter_rows = (
        rows[: len(keys)],
        rows[len(keys) : len(keys) + len(sizes)],
        rows[len(keys) + len(sizes) :],
    )
    return PreviewInputs(*read, next(iter(size_rows), None), counter_rows)  # type: ignore[arg-type,call-arg]
