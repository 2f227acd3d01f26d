"""Final worker: crop and upscale the approved preview's unmarked picture to the ordered print size."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.failures import ModelGaveUp
from chalicelib.integrations.image_models.selection import GeneratedImage
from chalicelib.integrations.images import renditions
from chalicelib.kit import clock, config, ids, logs
from chalicelib.studio.domain import crop, fulfillment
from chalicelib.studio.domain.print_size import (
    PICTURE_LONG_SIDE,
    UPSCALED_LONG_SIDE,
    PrintFormat,
    PrintSizeRefused,
    Size,
    cover,
    upscale_factor,
)
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations, held_finals, orders
from chalicelib.studio.schemas.messages import FinalRequested
from chalicelib.studio.service.final_targets import FinalTarget, find_final_target
from chalicelib.studio.service.generation_worker import LINE_CANCELED, LeasedWork, PermanentFailure, run_leased
from chalicelib.studio.service.image_provider import generate_image, upscale_image

PREVIEW_MISSING = "The approved preview no longer exists."

log = logs.logger("studio")


@dataclass(frozen=True, slots=True)
class _Source:
    """The picture to print, and the size in pixels of the cropped photo from which it was made."""

    picture: GeneratedImage
    photo_size: Size


def make_final(shop: str, generation: str) -> None:
    """Make a final under a lease, as `run_leased` does. The quota does not apply to finals."""
    url = storage.address(config.settings().images_bucket, f"finals/{shop}/{ids.new()}.{PrintFormat.JPEG.extension}")
    retry_message = FinalRequested(shop=shop, generation_id=generation)
    run_leased(shop, generation, LeasedWork(GenerationType.FINAL, url, _make_leased_final, retry_message))


def _make_leased_final(row: Generation) -> None:
    started_at = time.perf_counter()
    order, preview = orders.find_with_preview(row.shop_id, str(row.order_id), str(row.source_generation_id))
    if not fulfillment.is_line_wanted(orders.order_facts(order), str(row.line_item_id)):
        raise PermanentFailure(LINE_CANCELED)
    if preview is None:
        raise PermanentFailure(PREVIEW_MISSING)
    try:
        target = find_final_target(row)
    except PrintSizeRefused as error:
        raise PermanentFailure(str(error)) from error
    if reason := _hold_reason(row, preview, target):
        held_finals.hold_final(row, reason, target.size)
        log.warning(
            "final held: its shape differs from its preview", extra={"generation": row.id, "order": row.order_id}
        )
        return
    source = _approved_source(preview) if preview.unmarked_image_url else _new_source(row, preview)
    if source is not None:
        _print(row, source, target, started_at)


def _hold_reason(row: Generation, preview: Generation, target: FinalTarget) -> str | None:
    """Return why the merchant must accept the crop; None if the shapes are equal or the crop is accepted.

    A final of a preview without an unmarked picture, from the previous version, is never held.
    """
    width, height = preview.original_width, preview.original_height
    if not (preview.unmarked_image_url and width and height) or held_finals.is_crop_accepted(row, target.size):
        return None
    if not crop.shapes_differ((width, height), target.size.as_tuple):
        return None
    kept = crop.cover_crop((width, height), target.size.as_tuple)
    return (
        f"The ordered print ({target.size.width} x {target.size.height} px) has another shape than the preview: "
        f"{kept.width:.0%} of its width and {kept.height:.0%} of its height are printed."
    )


def _approved_source(preview: Generation) -> _Source:
    """Return the preview's unmarked picture. Raises PermanentFailure if it is missing."""
    try:
        data = storage.get(preview.unmarked_image_url)
    except storage.NoSuchObject as error:
        raise PermanentFailure(PREVIEW_MISSING) from error
    width, height = renditions.upright_size(data)
    picture = GeneratedImage(data, "", width, height, model=str(preview.ai_model_used))
    return _Source(picture, (preview.original_width or width, preview.original_height or height))


def _new_source(row: Generation, preview: Generation) -> _Source | None:
    """Generate a new picture from the photo; None if a callback will follow.

    Only for a preview of the previous version, which stored no unmarked picture.
    """
    row.crop = preview.crop
    picture = generate_image(row, PICTURE_LONG_SIDE)
    return None if picture is None else _Source(picture, (picture.width, picture.height))


def _print(row: Generation, source: _Source, target: FinalTarget, started_at: float) -> None:
    """Upscale, crop and store the print, and complete the final."""
    size = target.size.as_tuple
    picture = upscale_image(source.picture, row.ai_prompt_used, min(UPSCALED_LONG_SIDE, max(size)))
    try:
        file = renditions.print_file(picture.image, size=size, crop=cover, content_type=target.file_type.value)
    except renditions.UnreadableImage as error:
        raise ModelGaveUp("the model's image cannot be read") from error
    _name_file(row, target.file_type)
    storage.put(row.final_image_url, file, target.file_type.value)
    columns: dict[str, Any] = {
        "ai_model_used": picture.model,
        "upscale_factor": upscale_factor(source.photo_size, size),
        "upscale_completed_at": clock.now(),
        "original_width": source.photo_size[0],
        "original_height": source.photo_size[1],
        "final_width": size[0],
        "final_height": size[1],
        "processing_time_ms": round((time.perf_counter() - started_at) * 1000),
    }
    if target.base_variant:
        columns["product_base_variant_id"] = target.base_variant
    generations.complete_generation(row, columns, len(file))


def _name_file(row: Generation, file_type: PrintFormat) -> None:
    """Set the extension of the print file by its type; delete the file of an earlier attempt with the other extension."""
    url = str(row.final_image_url)
    stem, _, extension = url.rpartition(".")
    if extension != file_type.extension:
        held_finals.move_file(row, f"{stem}.{file_type.extension}")
        storage.delete(url)
