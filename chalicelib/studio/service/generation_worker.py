"""Runs a preview or a final under a lease, and ends it once: completed, or failed with a reason.

A final is paid for. Only a refusal of its image, a canceled order line or the shop's own settings end it without a
print. After any other failure it waits, and the recovery schedule retries it with growing delays (`retry_schedule`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.integrations import storage
from chalicelib.integrations.image_models.failures import ModelFailed, ModelMisconfigured
from chalicelib.integrations.images import renditions
from chalicelib.kit import clock, logs
from chalicelib.kit.messages import Message, publish
from chalicelib.studio.domain.retry_schedule import is_job_old, retry_delay, spread_of
from chalicelib.studio.metrics import MODEL_FAILURES, PRINTS_POSTPONED
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generations import GenerationEnded
from chalicelib.studio.service.generations import START_LEASE

WORKER_LEASE = timedelta(seconds=150)
"""Longer than the function's timeout: after it the worker is dead."""
MAX_ATTEMPTS = 4
"""Attempts at a preview whose model failed temporarily."""
QUEUE_RETRY_AFTER = timedelta(minutes=20)
"""Longer than the queue hides the message of a failed handler; after it the message is lost."""
PHOTO_UNUSABLE = "The photo cannot be used."
PHOTO_MISSING = "The photo no longer exists."
IMAGE_SERVICE_DOWN = "The image service does not work at present; the print is retried automatically."
FINAL_DELAYED = "The print could not be made yet; it is retried automatically."
LINE_CANCELED = "The order line was canceled, refunded or removed."

log = logs.logger("studio")


class PermanentFailure(LookupError):
    """A failure that no retry can fix; the message is for the merchant."""


@dataclass(frozen=True, slots=True)
class LeasedWork:
    """The work on one generation: `run` makes the image and stores it at `url`; `retry_message` queues a retry.

    A preview's unmarked picture is stored at `picture_url`.
    """

    kind: GenerationType
    url: str
    run: Callable[[Generation], None]
    retry_message: Message
    picture_url: str | None = None


def run_leased(shop: str, generation: str, work: LeasedWork) -> None:
    """Lease a generation and run the work, unless it has ended or another worker has its lease.

    A permanent failure fails the generation with the reason. A preview whose model failed temporarily is queued again
    with growing delays, and fails after MAX_ATTEMPTS; after any other error its lease is released and the error is
    raised, so that the queue retries it. A final waits for the recovery schedule after every other error.
    """
    row = generations.find(shop, generation)
    if row is None or row.generation_type is not work.kind:
        return
    if not generations.start_attempt(row, clock.now() + WORKER_LEASE, work.url, work.picture_url):
        return
    try:
        work.run(row)
    except ModelFailed as failure:
        _handle_model_failure(row, failure, work.retry_message)
    except renditions.UnreadableImage:
        _fail_generation(row, PHOTO_UNUSABLE)
    except storage.NoSuchObject:
        _fail_generation(row, PHOTO_MISSING)
    except PermanentFailure as error:
        _fail_generation(row, str(error))
    except GenerationEnded:
        log.info("image discarded: the generation has ended", extra={"generation": row.id})
        _delete_orphaned_images(row)
    except BaseException as error:
        if work.kind is GenerationType.FINAL and isinstance(error, Exception):
            log.exception("final postponed: unexpected error", extra={"generation": row.id})
            postpone_final(row, FINAL_DELAYED)
            return
        generations.release_lease(row, clock.now() + QUEUE_RETRY_AFTER)
        raise


def _delete_orphaned_images(row: Generation) -> None:
    """Delete the images if the row was erased while they were generated."""
    urls = [url for url in (row.preview_image_url, row.unmarked_image_url, row.final_image_url) if url]
    if urls and generations.find(row.shop_id, row.id) is None:
        for url in urls:
            storage.delete(url)


def delete_model_input(row: Generation) -> None:
    """Delete the copy of the photo that a provider got, after the generation failed. Does nothing if there is no copy."""
    url = row.unmarked_image_url if row.generation_type is GenerationType.PREVIEW else row.final_image_url
    if url:
        storage.delete(url)


def _handle_model_failure(row: Generation, failure: ModelFailed, retry_message: Message) -> None:
    """Postpone a final, queue a preview again, or fail either, by the kind of failure."""
    kind = type(failure).__name__
    MODEL_FAILURES.count(kind=kind)
    level = log.error if isinstance(failure, ModelMisconfigured) else log.warning
    level("image model failed", extra={"generation": row.id, "kind": kind, "why": str(failure)})
    if row.generation_type is GenerationType.FINAL and not failure.is_refusal:
        is_spent = not failure.may_pass and is_job_old(row.provider_job_at, clock.now())
        postpone_final(row, IMAGE_SERVICE_DOWN, ends_job=failure.ends_job or is_spent)
        return
    tries = row.attempts - row.answered
    if failure.may_pass and tries < MAX_ATTEMPTS:
        delay = min(900, 15 * 2**tries)
        generations.release_lease(row, clock.now() + timedelta(seconds=delay) + START_LEASE)
        publish(retry_message, delay_seconds=delay)
    else:
        _fail_generation(row, failure.reason)


def postpone_final(row: Generation, reason: str, *, ends_job: bool = False) -> None:
    """Schedule a final's next attempt, later after each failure. Does nothing if another worker has the lease."""
    delay = retry_delay(row.retries + 1, spread_of(row.id))
    if generations.schedule_retry(row, clock.now() + delay, reason, ends_job=ends_job):
        PRINTS_POSTPONED.count()
        details = {"generation": row.id, "order": row.order_id, "retries": row.retries, "delay": str(delay)}
        log.warning("final postponed", extra=details)


def _fail_generation(row: Generation, reason: str) -> None:
    try:
        generations.fail_generation(row, reason)
    except GenerationEnded:
        return
    delete_model_input(row)
    log.info("generation failed", extra={"generation": row.id, "order": row.order_id, "reason": reason})
