"""Making a final: the model on the original photo, cut and upscaled to the exact print size of what was ordered."""

from __future__ import annotations

import time
from typing import Any

from chalicelib.integrations import images, storage
from chalicelib.integrations.image_failures import ModelGaveUp
from chalicelib.kit import clock, config, ids
from chalicelib.studio import fulfilment
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.print import FINAL_LONG_SIDE, PrintFormat, PrintSize, PrintSizeRefused, cover, upscale_factor
from chalicelib.studio.repository import catalogue, generations, orders
from chalicelib.studio.schemas.messages import PrintRequested
from chalicelib.studio.service.asking import ask
from chalicelib.studio.service.making import TAKEN_BACK, Unmakeable, take_up


class NoPrintSize(Unmakeable):
    """Nothing tells in which size the ordered variant is printed."""


def make(shop: str, generation: str) -> None:
    """Make the final, as `take_up` says. Quota never stands in its way."""
    url = storage.address(config.settings().images_bucket, f"finals/{shop}/{ids.new()}.jpg")
    again = PrintRequested(shop=shop, generation_id=generation)
    take_up(shop, generation, GenerationType.FINAL, url, _make, again)


def _make(row: Generation) -> None:
    begun = time.perf_counter()
    order, line = str(row.order_id), str(row.line_item_id)
    if not fulfilment.is_wanted(orders.facts_of(orders.find(row.shop_id, order)), line):
        raise Unmakeable(TAKEN_BACK)
    try:
        size, base_variant = print_size(row)
    except PrintSizeRefused as error:
        raise Unmakeable(str(error)) from error
    made = ask(row, FINAL_LONG_SIDE)
    if made is None:
        return
    try:
        file = images.print_file(made.image, size=size.as_tuple, crop=cover, content_type=PrintFormat.JPEG.value)
    except images.UnreadableImage as error:
        raise ModelGaveUp("the model's picture cannot be read") from error
    storage.put(row.final_image_url, file, PrintFormat.JPEG.value)
    facts: dict[str, Any] = {
        "ai_model_used": made.model,
        "upscale_factor": upscale_factor((made.width, made.height), size.as_tuple),
        "upscale_completed_at": clock.now(),
        "original_width": made.width,
        "original_height": made.height,
        "final_width": size.width,
        "final_height": size.height,
        "processing_time_ms": round((time.perf_counter() - begun) * 1000),
    }
    if base_variant:
        facts["product_base_variant_id"] = base_variant
    generations.complete(row, facts, len(file))


def print_size(row: Generation) -> tuple[PrintSize, str | None]:
    """The size of the one active mapping of the ordered variant, with its base variant, else of the product's size.

    Raises NoPrintSize where there is none, or more than one; PrintSizeRefused where it cannot be made.
    """
    variant = row.shopify_variant_id
    mapped = [
        mapping
        for mapping in catalogue.list_mappings(row.product_id)
        if mapping.is_active and mapping.shopify_variant_id == variant
    ]
    if len(mapped) > 1:
        raise NoPrintSize("The ordered variant is mapped to more than one base variant.")
    if mapped:
        found = catalogue.find_variant(row.shop_id, mapped[0].product_base_variant_id)
        if found is not None and found.is_active:
            return PrintSize(found.width_px, found.height_px), found.uuid
    for size in catalogue.list_sizes(row.product_id):
        if variant is not None and size.shopify_variant_id == variant:
            return PrintSize(size.width_px, size.height_px), None
    raise NoPrintSize("Neither a mapping nor a size tells how the ordered variant is printed.")
