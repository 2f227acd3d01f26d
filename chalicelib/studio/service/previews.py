"""Making a preview: the photo through the model, the watermark over it, into the bucket."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial

from chalicelib.integrations import image_models, images, storage
from chalicelib.kit import clock, config, ids, logs
from chalicelib.studio import watermark
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.print import PREVIEW_LONG_SIDE
from chalicelib.studio.repository import catalogue, generations, quotas
from chalicelib.studio.repository.generations import Ended

LEASE = timedelta(seconds=150)
"""Longer than the function may run: past it the worker is dead."""
PHOTO_UNUSABLE = "The photo cannot be used."

log = logs.logger("studio")


def make(shop: str, generation: str) -> None:
    """Make the preview, unless it is made, failed, or at work elsewhere.

    A photo that cannot be read fails the generation and gives its quota back; anything else that goes wrong is
    raised, with the work let go of, so that the queue brings it again.
    """
    row = generations.find(shop, generation)
    if (
        row is None
        or row.generation_type is not GenerationType.PREVIEW
        or not generations.start(row, clock.now() + LEASE)
    ):
        return
    try:
        _make(row)
    except images.UnreadableImage:
        _fail(row, PHOTO_UNUSABLE)
    except storage.NoSuchObject:
        _fail(row, "The photo is no longer there.")
    except Ended:
        log.info("made too late: somebody else ended it", extra={"generation": row.id})
    except BaseException:
        generations.let_go(row)
        raise


def _make(row: Generation) -> None:
    begun = time.perf_counter()
    photo = storage.get(row.input_image_url)
    model = image_models.choose(config.settings().image_model)
    made = model(photo, row.ai_prompt_used, PREVIEW_LONG_SIDE, row.generation_params or {})
    picture = images.preview(made.image, long_side=PREVIEW_LONG_SIDE, mark=_mark(row.shop_id))
    url = storage.address(config.settings().images_bucket, f"previews/{row.shop_id}/{ids.new()}.jpg")
    storage.put(url, picture, "image/jpeg")
    try:
        generations.complete(
            row,
            {
                "preview_image_url": url,
                "ai_model_used": made.model,
                "original_width": made.width,
                "original_height": made.height,
                "processing_time_ms": round((time.perf_counter() - begun) * 1000),
            },
        )
    except Ended:
        storage.delete(url)
        raise
    quotas.add_bytes(row.shop_id, len(picture))


def _mark(shop: str) -> images.Mark | None:
    row = catalogue.find_watermark(shop)
    if row is None or not row.is_active:
        return None
    place = partial(watermark.place, position=row.position, size_percentage=row.size_percentage)
    return images.Mark(storage.get(row.image_url), float(row.opacity), place)


def _fail(row: Generation, reason: str) -> None:
    try:
        generations.fail(row, reason)
    except Ended:
        return
    log.info("a preview failed", extra={"generation": row.id, "reason": reason})
