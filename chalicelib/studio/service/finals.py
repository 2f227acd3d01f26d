"""Final worker: run the original photo through the image model, then crop and upscale it to the ordered print size."""

from __future__ import annotations

import time
from typing import Any

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.failures import ModelGaveUp
from chalicelib.integrations.images import renditions
from chalicelib.kit import clock, config, ids
from chalicelib.studio.domain import fulfillment
from chalicelib.studio.domain.print_size import (
    FINAL_LONG_SIDE,
    PrintFormat,
    PrintSize,
    PrintSizeRefused,
    cover,
    upscale_factor,
)
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import bases, generations, orders, products
from chalicelib.studio.schemas.messages import FinalRequested
from chalicelib.studio.service.generation_worker import LINE_CANCELED, LeasedWork, PermanentFailure, run_leased
from chalicelib.studio.service.image_provider import generate_image


class NoPrintSize(PermanentFailure):
    """The ordered variant has no print size."""


def make_final(shop: str, generation: str) -> None:
    """Generate a final under a lease, as `run_leased` does. The quota does not apply to finals."""
    url = storage.address(config.settings().images_bucket, f"finals/{shop}/{ids.new()}.jpg")
    retry_message = FinalRequested(shop=shop, generation_id=generation)
    run_leased(shop, generation, LeasedWork(GenerationType.FINAL, url, _generate_final, retry_message))


def _generate_final(row: Generation) -> None:
    started_at = time.perf_counter()
    order, line = str(row.order_id), str(row.line_item_id)
    if not fulfillment.is_line_wanted(orders.order_facts(orders.find(row.shop_id, order)), line):
        raise PermanentFailure(LINE_CANCELED)
    try:
        size, base_variant = find_print_size(row)
    except PrintSizeRefused as error:
        raise PermanentFailure(str(error)) from error
    result = generate_image(row, FINAL_LONG_SIDE)
    if result is None:
        return
    try:
        file = renditions.print_file(result.image, size=size.as_tuple, crop=cover, content_type=PrintFormat.JPEG.value)
    except renditions.UnreadableImage as error:
        raise ModelGaveUp("the model's image cannot be read") from error
    storage.put(row.final_image_url, file, PrintFormat.JPEG.value)
    columns: dict[str, Any] = {
        "ai_model_used": result.model,
        "upscale_factor": upscale_factor((result.width, result.height), size.as_tuple),
        "upscale_completed_at": clock.now(),
        "original_width": result.width,
        "original_height": result.height,
        "final_width": size.width,
        "final_height": size.height,
        "processing_time_ms": round((time.perf_counter() - started_at) * 1000),
    }
    if base_variant:
        columns["product_base_variant_id"] = base_variant
    generations.complete_generation(row, columns, len(file))


def find_print_size(row: Generation) -> tuple[PrintSize, str | None]:
    """Return the print size of the ordered variant, with its base variant's id if it is mapped to one.

    The one active mapping decides, else the product's size with the variant. Raises NoPrintSize if there is neither or
    more than one mapping, PrintSizeRefused if the size cannot be printed.
    """
    variant = row.shopify_variant_id
    mappings = [
        mapping
        for mapping in products.list_mappings(row.product_id)
        if mapping.is_active and mapping.shopify_variant_id == variant
    ]
    if len(mappings) > 1:
        raise NoPrintSize("The ordered variant is mapped to more than one base variant.")
    if mappings:
        base_variant = bases.find_variant(row.shop_id, mappings[0].product_base_variant_id)
        if base_variant is not None and base_variant.is_active:
            return PrintSize(base_variant.width_px, base_variant.height_px), base_variant.uuid
    for size in products.list_sizes(row.product_id):
        if variant is not None and size.shopify_variant_id == variant:
            return PrintSize(size.width_px, size.height_px), None
    raise NoPrintSize("The ordered variant has neither a mapping nor a size.")
