"""Preview worker: run the photo through the image model, apply the watermark, store the result."""

from __future__ import annotations

import time
from functools import partial

from chalicelib.integrations import storage
from chalicelib.integrations.images import renditions
from chalicelib.kit import config, ids
from chalicelib.studio.domain import image_validation, watermark
from chalicelib.studio.domain.image_header import probe
from chalicelib.studio.domain.print_size import PREVIEW_LONG_SIDE
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations, watermarks
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service.generation_worker import LeasedWork, PermanentFailure, run_leased
from chalicelib.studio.service.image_provider import generate_image

WATERMARK_UNUSABLE = "The shop's watermark cannot be used; the merchant must replace its image."


def make_preview(shop: str, generation: str) -> None:
    """Generate a preview under a lease, as `run_leased` does. If it fails, its quota is returned."""
    url = storage.address(config.settings().images_bucket, f"previews/{shop}/{ids.new()}.jpg")
    retry_message = GenerationRequested(shop=shop, generation_id=generation)
    run_leased(shop, generation, LeasedWork(GenerationType.PREVIEW, url, _generate_preview, retry_message))


def _generate_preview(row: Generation) -> None:
    started_at = time.perf_counter()
    result = generate_image(row, PREVIEW_LONG_SIDE)
    if result is None:
        return
    preview = renditions.preview(result.image, long_side=PREVIEW_LONG_SIDE, mark=_load_watermark(row.shop_id))
    storage.put(row.preview_image_url, preview, "image/jpeg")
    columns = {
        "ai_model_used": result.model,
        "original_width": result.width,
        "original_height": result.height,
        "processing_time_ms": round((time.perf_counter() - started_at) * 1000),
    }
    generations.complete_generation(row, columns, len(preview))


def _load_watermark(shop: str) -> renditions.Mark | None:
    """Return the shop's active watermark, or None.

    Reads it twice if its image is missing, because the merchant may have replaced it in between. Raises LookupError if
    the image is still missing (the queue retries the preview), PermanentFailure if its image breaks a rule.
    """
    for _ in range(2):
        row = watermarks.find_watermark(shop)
        if row is None or not row.is_active:
            return None
        try:
            image = storage.get(row.image_url)
        except storage.NoSuchObject:
            continue
        if image_validation.rejection_reason(probe(image)) is not None:  # stored under earlier rules
            raise PermanentFailure(WATERMARK_UNUSABLE)
        place = partial(watermark.place_mark, position=row.position, size_percentage=row.size_percentage)
        return renditions.Mark(image, float(row.opacity), place)
    raise LookupError("the watermark's image is missing")
