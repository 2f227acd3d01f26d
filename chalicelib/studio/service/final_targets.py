"""The print of an ordered variant: its size in pixels and the type of its file."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.studio.domain.print_size import PrintFormat, PrintSize
from chalicelib.studio.models import Generation
from chalicelib.studio.repository import bases, products
from chalicelib.studio.service.generation_worker import PermanentFailure


class NoPrintSize(PermanentFailure):
    """The ordered variant has no print size."""


@dataclass(frozen=True, slots=True)
class FinalTarget:
    """The print of a variant; `base_variant` is the id of the base variant that it is mapped to, if any."""

    size: PrintSize
    file_type: PrintFormat
    base_variant: str | None = None


def find_final_target(row: Generation) -> FinalTarget:
    """Return the print of a final's ordered variant.

    The variant's active mapping sets the pixels; without a mapping, the product's size with this variant does. The size
    sets the type of the file. Raises NoPrintSize if there is neither, or more than one mapping, PrintSizeRefused if the
    size cannot be printed.
    """
    variant = row.shopify_variant_id
    mappings = [
        mapping
        for mapping in products.list_mappings(row.product_id)
        if mapping.is_active and mapping.shopify_variant_id == variant
    ]
    if len(mappings) > 1:
        raise NoPrintSize("The ordered variant is mapped to more than one base variant.")
    sizes = products.list_sizes(row.product_id) if variant is not None else []
    size = next((each for each in sizes if each.shopify_variant_id == variant), None)
    file_type = size.print_format if size else PrintFormat.JPEG
    if mappings:
        base = bases.find_variant(row.shop_id, mappings[0].product_base_variant_id)
        if base is not None and base.is_active:
            return FinalTarget(PrintSize(base.width_px, base.height_px), file_type, base.uuid)
    if size is None:
        raise NoPrintSize("The ordered variant has neither a mapping nor a size.")
    return FinalTarget(PrintSize(size.width_px, size.height_px), file_type)
