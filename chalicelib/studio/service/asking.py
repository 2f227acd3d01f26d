"""Asking the image model: one that answers at once, or a provider that takes a job and calls back when it is done."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlsplit

from chalicelib.integrations import image_http, image_models, image_process, images, storage
from chalicelib.integrations.image_failures import ModelGaveUp
from chalicelib.integrations.image_models import GeneratedImage
from chalicelib.kit import clock, config, logs
from chalicelib.kit.errors import MalformedRequest
from chalicelib.kit.messages import publish
from chalicelib.studio import guard
from chalicelib.studio.image_header import Probe, probe
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.retry_schedule import is_job_old
from chalicelib.studio.schemas.messages import GenerationRequested, PrintRequested
from chalicelib.studio.service import pictures

ANSWER_WITHIN = timedelta(minutes=8)
"""After this without a call-back the provider is asked; shorter than a preview holds its slot."""
_LINK_SECONDS = 3600

log = logs.logger("studio")


def ask(row: Generation, long_side: int) -> GeneratedImage | None:
    """The model's picture of a generation that was taken up; None where it will come later.

    Raises as image models do, and storage.NoSuchObject.
    """
    settings, parameters = config.settings(), row.generation_params or {}
    if settings.image_model != "http":
        made = image_models.choose(settings.image_model)(_photo(row), row.ai_prompt_used, long_side, parameters)
        if settings.image_model != "local":
            _demand_usable(probe(made.image), made.image)
        return made
    job = row.provider_job
    if job is None:
        _photo(row)
        order = image_http.Order(
            reference=_reference(row),
            image_url=storage.presigned_get(row.input_image_url, seconds=_LINK_SECONDS),
            prompt=row.ai_prompt_used,
            long_side=long_side,
            parameters=parameters,
            callback_url=f"{settings.public_url}/webhooks/images/{row.id}",
        )
        job = image_http.submit(order)
    else:
        data = image_http.collect(job)
        if data is not None:
            return _checked(data)
        if row.generation_type is GenerationType.FINAL and is_job_old(row.provider_job_at, clock.now()):
            raise ModelGaveUp("the job is not done within a day")
    generations.wait_for(row, job, clock.now() + ANSWER_WITHIN)
    return None


def _photo(row: Generation) -> bytes:
    """The photo as it is now, judged anew: the form that brought it lets it be overwritten for some minutes.

    Raises images.UnreadableImage for one that the guard refuses.
    """
    photo = storage.get(row.input_image_url)
    if guard.judge(probe(photo)) is not None:
        raise images.UnreadableImage
    return photo


def hear(generation: str, body: bytes) -> bool:
    """A provider's call-back: have the generation looked after now, if it waits for this very job.

    What the call-back says of the job does not count: the provider is asked. Raises MalformedRequest.
    """
    try:
        job = json.loads(body)["data"]["id"]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedRequest("body.data.id: the job is missing.") from error
    row = generations.wake(generation, str(job))
    if row is None:
        log.info("a call-back that nothing waits for", extra={"generation": generation})
        return False
    kind = GenerationRequested if row.generation_type is GenerationType.PREVIEW else PrintRequested
    publish(kind(shop=row.shop_id, generation_id=row.id))
    return True


def _reference(row: Generation) -> str:
    """The same however often this picture is asked for; another one for a remake, and after a job without a picture."""
    url = row.final_image_url if row.generation_type is GenerationType.FINAL else row.preview_image_url
    picture = (url or row.id).rsplit("/", 1)[-1].removesuffix(".jpg")
    return f"{picture}-{row.jobs_lost}" if row.jobs_lost else picture


def _checked(data: bytes) -> GeneratedImage:
    """A stranger's picture, looked at as any other."""
    header = probe(data)
    _demand_usable(header, data)
    host = urlsplit(config.settings().image_http_url or "").hostname
    return GeneratedImage(data, f"image/{header.format}".lower(), header.width, header.height, model=f"http/{host}")


def _demand_usable(header: Probe, data: bytes) -> None:
    """Hold a provider's picture to the guard of shoppers' photos. Raises ModelGaveUp."""
    reason = pictures.rejection_reason(header, data, image_process.WORKER)
    if reason is not None:
        raise ModelGaveUp(f"the result is no picture: {reason}")
