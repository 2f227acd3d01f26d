"""Making a preview: the photo through the model, the watermark over it, into the bucket."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial

from chalicelib.integrations import images, storage
from chalicelib.kit import config, ids
from chalicelib.studio import guard, watermark
from chalicelib.studio.image_header import probe
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.print import PREVIEW_LONG_SIDE
from chalicelib.studio.repository import catalogue, generations
from chalicelib.studio.schemas.messages import GenerationRequested
from chalicelib.studio.service.asking import ask
from chalicelib.studio.service.making import Unmakeable, take_up

MARK_UNUSABLE = "The shop's watermark cannot be used; the merchant must replace its picture."


def make(shop: str, generation: str) -> None:
    """Make the preview, as `take_up` says. One that fails gives its quota back."""
    url = storage.address(config.settings().images_bucket, f"previews/{shop}/{ids.new()}.jpg")
    again = GenerationRequested(shop=shop, generation_id=generation)
    take_up(shop, generation, GenerationType.PREVIEW, url, _make, again)


def _make(row: Generation) -> None:
    begun = time.perf_counter()
    made = ask(row, PREVIEW_LONG_SIDE)
    if made is None:
        return
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
    """The shop's watermark.

    Raises LookupError where its picture is missing: the preview is tried again. Raises Unmakeable if the guard refuses
    its picture.
    """
    for _ in range(2):
        row = catalogue.find_watermark(shop)
        if row is None or not row.is_active:
            return None
        place = partial(watermark.place, position=row.position, size_percentage=row.size_percentage)
        with suppress(storage.NoSuchObject):  # the merchant put another in its place just now
            picture = storage.get(row.image_url)
            if guard.judge(probe(picture)) is not None:  # stored under an earlier guard
                raise Unmakeable(MARK_UNUSABLE)
            return images.Mark(picture, float(row.opacity), place)
    raise LookupError("the watermark's picture is not there")
