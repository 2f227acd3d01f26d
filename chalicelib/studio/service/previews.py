"""Making a preview: the photo through the model, the watermark over it, into the bucket."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from functools import partial

from chalicelib.integrations import image_models, images, local_styles, storage
from chalicelib.kit import clock, config, ids, logs
from chalicelib.studio import watermark
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.print import PREVIEW_LONG_SIDE
from chalicelib.studio.repository import catalogue, generations
from chalicelib.studio.repository.generations import Ended

LEASE = timedelta(seconds=150)
"""Longer than the function may run: past it the worker is dead."""
PHOTO_UNUSABLE = "The photo cannot be used."
STYLE_UNUSABLE = "The style is not set up rightly."

log = logs.logger("studio")


def make(shop: str, generation: str) -> None:
    """Make the preview, unless it is made, failed, or at work elsewhere.

    A photo that cannot be read fails the generation and gives its quota back; anything else that goes wrong is
    raised, with the work let go of, so that the queue brings it again.
    """
    row = generations.find(shop, generation)
    url = storage.address(config.settings().images_bucket, f"previews/{shop}/{ids.new()}.jpg")
    if (
        row is None
        or row.generation_type is not GenerationType.PREVIEW
        or not generations.start(row, clock.now() + LEASE, url)
    ):
        return
    try:
        _make(row)
    except images.UnreadableImage:
        _fail(row, PHOTO_UNUSABLE)
    except storage.NoSuchObject:
        _fail(row, "The photo is no longer there.")
    except local_styles.UnknownStyle:
        _fail(row, STYLE_UNUSABLE)
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
    storage.put(row.preview_image_url, picture, "image/jpeg")
    facts = {
        "ai_model_used": made.model,
        "original_width": made.width,
        "original_height": made.height,
        "processing_time_ms": round((time.perf_counter() - begun) * 1000),
    }
    generations.complete(row, facts, len(picture))


def _mark(shop: str) -> images.Mark | None:
    """The shop's watermark. Raises LookupError where its picture is missing: the preview is tried again."""
    for _ in range(2):
        row = catalogue.find_watermark(shop)
        if row is None or not row.is_active:
            return None
        place = partial(watermark.place, position=row.position, size_percentage=row.size_percentage)
        with suppress(storage.NoSuchObject):  # the merchant put another in its place just now
            return images.Mark(storage.get(row.image_url), float(row.opacity), place)
    raise LookupError("the watermark's picture is not there")


def _fail(row: Generation, reason: str) -> None:
    try:
        generations.fail(row, reason)
    except Ended:
        return
    log.info("a preview failed", extra={"generation": row.id, "reason": reason})
