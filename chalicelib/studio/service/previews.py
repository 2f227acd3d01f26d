"""Preview worker: generate a picture from the cropped photo, apply the watermark, store both pictures.

The unmarked picture is kept as long as the preview, because the final is made from it.
"""

from __future__ import annotations

import time
from functools import partial

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.selection import GeneratedImage
from chalicelib.integrations.images import renditions
from chalicelib.kit import config, ids
from chalicelib.studio.domain import crop, image_validation, watermark
from chalicelib.studio.domain.image_header import probe
from chalicelib.studio.domain.print_size import PREVIEW_LONG_SIDE, Size, picture_long_side
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations, watermarks
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service.generation_worker import LeasedWork, PermanentFailure, run_leased
from chalicelib.studio.service.image_provider import generate_image

WATERMARK_UNUSABLE = "The shop's watermark cannot be used; the merchant must replace its image."


def make_preview(shop: str, generation: str) -> None:
    """Generate a preview under a lease, as `run_leased` does. If it fails, its quota is returned."""
    bucket = config.settings().images_bucket
    url = storage.address(bucket, f"previews/{shop}/{ids.new()}.jpg")
    picture_url = storage.address(bucket, f"pictures/{shop}/{ids.new()}")
    retry_message = GenerationRequested(shop=shop, generation_id=generation)
    work = LeasedWork(GenerationType.PREVIEW, url, _generate_preview, retry_message, picture_url)
    run_leased(shop, generation, work)


def _generate_preview(row: Generation) -> None:
    started_at = time.perf_counter()
    known_size = (row.original_width, row.original_height) if row.original_width and row.original_height else None
    result = generate_image(row, picture_long_side(known_size or (0, 0)))
    if result is None:
        return
    photo_size = known_size or (result.width, result.height)  # a trial, or a request of the previous version
    picture = _in_shape(result, photo_size)
    mark = _load_watermark(row.shop_id)
    preview = renditions.preview(picture, long_side=PREVIEW_LONG_SIDE, mark=mark)
    storage.put(row.unmarked_image_url, picture, f"image/{probe(picture).format}".lower())
    storage.put(row.preview_image_url, preview, "image/jpeg")
    columns = {
        "ai_model_used": result.model,
        "is_watermarked": mark is not None,
        "original_width": photo_size[0],
        "original_height": photo_size[1],
        "processing_time_ms": round((time.perf_counter() - started_at) * 1000),
    }
    generations.complete_generation(row, columns, len(preview) + len(picture))


def _in_shape(result: GeneratedImage, photo_size: Size) -> bytes:
    """Return the model's picture, cropped to the shape of the cropped photo if the shapes differ.

    So the preview shows the same part as the print.
    """
    size = result.width, result.height
    if not crop.shapes_differ(size, photo_size):
        return result.image
    return renditions.cropped_photo(result.image, crop.cover_crop(size, photo_size).fractions, max(size))


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
