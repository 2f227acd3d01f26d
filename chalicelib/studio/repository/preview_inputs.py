"""The rows that a preview request depends on, in one read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kit.tables import Table, get_many
from chalicelib.studio.models import AiStyle, Product, ProductStyle, Quota, Size, Upload


@dataclass(frozen=True, slots=True)
class PreviewInputs:
    """The rows of a preview request; None for a missing row or if no size is chosen."""

    product: Product | None
    style: AiStyle | None
    link: ProductStyle | None
    upload: Upload | None
    quota: Quota | None
    size: Size | None
    counters: list[Table | None]


@dataclass(frozen=True, slots=True)
class PreviewKeys:
    """The ids in a preview request."""

    product: str
    style: str
    upload: str
    size: str | None


Keys = Sequence[tuple[type[Table], tuple[str, ...]]]


def read_preview_inputs(shop: str, ids: PreviewKeys, counters: Keys) -> PreviewInputs:
    """Read five tables, the size if one is chosen, and the rows of `counters`, in one consistent BatchGetItem."""
    keys: list[tuple[type[Table], tuple[str, ...]]] = [
        (Product, (shop, ids.product)),
        (AiStyle, (shop, ids.style)),
        (ProductStyle, (ids.product, ids.style)),
        (Upload, (ids.upload,)),
        (Quota, (shop,)),
    ]
    if ids.size is not None:
        keys.append((Size, (ids.product, ids.size)))
    rows = get_many([*keys, *counters], consistent=True)
    named, counter_rows = rows[: len(keys)], rows[len(keys) :]
    if ids.size is None:
        named.append(None)
    return PreviewInputs(*named, counter_rows)  # type: ignore[arg-type, call-arg]
