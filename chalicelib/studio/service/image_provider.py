"""Runs the image model: one that responds synchronously, or a provider that takes a job and calls back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from chalicelib.integrations import storage
from chalicelib.integrations.image_models import http_jobs, selection
from chalicelib.integrations.image_models.failures import ModelGaveUp
from chalicelib.integrations.image_models.selection import GeneratedImage
from chalicelib.integrations.images import decoder_process, renditions
from chalicelib.kit import clock, config, logs
from chalicelib.kit.errors import MalformedRequest
from chalicelib.kit.messages import publish
from chalicelib.studio.domain import crop as crops
from chalicelib.studio.domain import image_validation
from chalicelib.studio.domain.crop import WHOLE
from chalicelib.studio.domain.image_header import Probe, probe
from chalicelib.studio.domain.print_size import PICTURE_LONG_SIDE
from chalicelib.studio.domain.retry_schedule import is_job_old
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.schemas.messages import FinalRequested, GenerationRequested
from chalicelib.studio.service import merchant_images

CALLBACK_WITHIN = timedelta(minutes=8)
"""Without a callback within this time the job is polled; shorter than a preview's slot lease."""
_LINK_SECONDS = 3600

log = logs.logger("studio")


def generate_image(row: Generation, long_side: int) -> GeneratedImage | None:
    """Generate an image of the cropped photo, its long side about `long_side` pixels; None if a callback will follow.

    Raises what image models raise, and storage.NoSuchObject if the photo is missing.
    """
    settings, parameters = config.settings(), row.generation_params or {}
    if settings.image_model != "http":
        result = selection.choose_model(settings.image_model)(
            _model_input(row, long_side), row.ai_prompt_used, long_side, parameters
        )
        if settings.image_model != "local":
            _require_valid(probe(result.image), result.image)
        return result
    job = row.provider_job
    if job is None:
        job = _submit_job(row, long_side)
    else:
        data = http_jobs.collect(job)
        if data is not None:
            return _to_generated_image(data)
        if row.generation_type is GenerationType.FINAL and is_job_old(row.provider_job_at, clock.now()):
            raise ModelGaveUp("the job is not done within a day")
    generations.await_callback(row, job, clock.now() + CALLBACK_WITHIN)
    return None


def _submit_job(row: Generation, long_side: int) -> str:
    """Submit a job to the provider and return its id.

    The provider gets a link to a copy of the cropped photo without metadata. The copy is stored at the URL of the later
    result, so that the row names it until then.
    """
    is_preview = row.generation_type is GenerationType.PREVIEW
    copy_url = str(row.unmarked_image_url if is_preview else row.final_image_url)
    crop = crops.from_json(row.crop)
    storage.put(copy_url, renditions.cropped_photo(_load_photo(row), crop.fractions, PICTURE_LONG_SIDE), "image/jpeg")
    order = http_jobs.Order(
        reference=_job_reference(row),
        image_url=storage.presigned_get(copy_url, seconds=_LINK_SECONDS),
        prompt=row.ai_prompt_used,
        long_side=long_side,
        parameters=row.generation_params or {},
        callback_url=f"{config.settings().public_url}/webhooks/images/{row.id}",
    )
    return http_jobs.submit(order)


def upscale_image(image: GeneratedImage, prompt: str, long_side: int) -> GeneratedImage:
    """Upscale an image that is smaller than a print of `long_side` pixels, if there is an upscaling model.

    `model` of the result has the names of both models. Raises the errors of an image model.
    """
    upscaler = selection.choose_upscaler(config.settings().image_model)
    if upscaler is None or long_side <= max(image.width, image.height):
        return image
    enlarged = upscaler(image.image, prompt, long_side)
    _require_valid(probe(enlarged.image), enlarged.image)
    return replace(enlarged, model=f"{image.model} + {enlarged.model}")


def _model_input(row: Generation, long_side: int) -> bytes:
    """Return the photo for a model that applies the orientation itself; cropped, unless the crop is the whole photo."""
    photo, crop = _load_photo(row), crops.from_json(row.crop)
    return photo if crop == WHOLE else renditions.cropped_photo(photo, crop.fractions, long_side)


def _load_photo(row: Generation) -> bytes:
    """Return the photo, validated again: the rules may have changed, and forms of the previous version can overwrite it.

    Raises renditions.UnreadableImage if it breaks a rule.
    """
    photo = storage.get(row.input_image_url)
    if image_validation.rejection_reason(probe(photo)) is not None:
        raise renditions.UnreadableImage
    return photo


def handle_callback(generation: str, body: bytes) -> bool:
    """Queue the generation if it waits for the job in a provider's callback. Returns False if it does not.

    The callback's other content is not trusted: the worker polls the provider. Raises MalformedRequest if the body
    names no job.
    """
    try:
        job = json.loads(body)["data"]["id"]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedRequest("body.data.id: the job is missing.") from error
    row = generations.resume_after_callback(generation, str(job))
    if row is None:
        log.info("callback ignored: no generation waits for its job", extra={"generation": generation})
        return False
    kind = GenerationRequested if row.generation_type is GenerationType.PREVIEW else FinalRequested
    publish(kind(shop=row.shop_id, generation_id=row.id))
    return True


def _job_reference(row: Generation) -> str:
    """Return the provider's idempotency key: the same for retries; a new one for a remake and after a lost job."""
    url = row.final_image_url if row.generation_type is GenerationType.FINAL else row.preview_image_url
    image_id = (url or row.id).rsplit("/", 1)[-1].partition(".")[0]
    return f"{image_id}-{row.jobs_lost}" if row.jobs_lost else image_id


def _to_generated_image(data: bytes) -> GeneratedImage:
    """Validate a provider's image and return it with its type, upright size and model."""
    header = probe(data)
    _require_valid(header, data)
    host = urlsplit(config.settings().image_http_url or "").hostname
    return GeneratedImage(data, f"image/{header.format}".lower(), *renditions.upright_size(data), model=f"http/{host}")


def _require_valid(header: Probe, data: bytes) -> None:
    """Apply the rules of shoppers' photos to a provider's image. Raises ModelGaveUp if it breaks one."""
    reason = merchant_images.inspect_image(header, data, decoder_process.WORKER)
    if reason is not None:
        raise ModelGaveUp(f"the result is no picture: {reason}")
