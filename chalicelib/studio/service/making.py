"""What making a preview and making a final have in common: taken up under a lease, and ended once, well or with a reason.

A final is paid for. Only a refusal of its picture, its order's end, or the shop's own settings end it without a print;
after any other failure it waits, and the recovery schedule hands it out again, later each time (`retry_schedule`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from chalicelib.integrations import images, storage
from chalicelib.integrations.image_failures import ModelFailed, ModelMisconfigured
from chalicelib.kit import clock, logs, metrics
from chalicelib.kit.messages import Message, publish
from chalicelib.studio.models import Generation, GenerationType
from chalicelib.studio.repository import generations
from chalicelib.studio.repository.generations import Ended
from chalicelib.studio.retry_schedule import is_job_old, retry_delay, spread_of
from chalicelib.studio.service.generations import START

LEASE = timedelta(seconds=150)
"""Longer than the function may run: past it the worker is dead."""
ATTEMPTS = 4
"""How often work is tried that a model did not do, but may do later."""
QUEUE_BRINGS_AGAIN = timedelta(minutes=20)
"""Longer than the queue hides a message whose handler failed; only then is a lost one missed."""
PHOTO_UNUSABLE = "The photo cannot be used."
PHOTO_GONE = "The photo is no longer there."
WAITS_FOR_SERVICE = "The image service does not work at present; the print is retried automatically."
WAITS_FOR_US = "The print could not be made yet; it is retried automatically."
TAKEN_BACK = "It was cancelled, refunded or taken out of the order."

log = logs.logger("studio")


class Unmakeable(LookupError):
    """No repetition can mend it; the message is for the merchant."""


def take_up(
    shop: str,
    generation: str,
    kind: GenerationType,
    url: str,
    work: Callable[[Generation], None],
    again: Message,
) -> None:
    """Do the work of a generation whose picture shall be at `url`, unless it is done, failed, or at work elsewhere.

    What no repetition can mend fails it, with the reason. A preview that a model may make later is asked for `again`,
    later each time, and fails after ATTEMPTS; after any other error it is let go of and the error raised, so that the
    queue brings it again. A final waits after every other error.
    """
    row = generations.find(shop, generation)
    if row is None or row.generation_type is not kind or not generations.start(row, clock.now() + LEASE, url):
        return
    try:
        work(row)
    except ModelFailed as failure:
        _judge(row, failure, again)
    except images.UnreadableImage:
        _fail(row, PHOTO_UNUSABLE)
    except storage.NoSuchObject:
        _fail(row, PHOTO_GONE)
    except Unmakeable as error:
        _fail(row, str(error))
    except Ended:
        log.info("made too late: somebody else ended it", extra={"generation": row.id})
        _leave_nothing(row)
    except BaseException as error:
        if kind is GenerationType.FINAL and isinstance(error, Exception):
            log.exception("final postponed: unexpected error", extra={"generation": row.id})
            wait_for_retry(row, WAITS_FOR_US)
            return
        generations.let_go(row, clock.now() + QUEUE_BRINGS_AGAIN)
        raise


def _leave_nothing(row: Generation) -> None:
    """Where the row was erased meanwhile, so is the picture that was put since."""
    url = row.preview_image_url if row.generation_type is GenerationType.PREVIEW else row.final_image_url
    if url and generations.find(row.shop_id, row.id) is None:
        storage.delete(url)


def _judge(row: Generation, failure: ModelFailed, again: Message) -> None:
    kind = type(failure).__name__
    metrics.count("ModelFailures", kind=kind)
    level = log.error if isinstance(failure, ModelMisconfigured) else log.warning
    level("the model made no picture", extra={"generation": row.id, "kind": kind, "why": str(failure)})
    if row.generation_type is GenerationType.FINAL and not failure.is_refusal:
        is_spent = not failure.may_pass and is_job_old(row.provider_job_at, clock.now())
        wait_for_retry(row, WAITS_FOR_SERVICE, ends_job=failure.ends_job or is_spent)
        return
    tries = row.attempts - row.answered
    if failure.may_pass and tries < ATTEMPTS:
        delay = min(900, 15 * 2**tries)
        generations.let_go(row, clock.now() + timedelta(seconds=delay) + START)
        publish(again, delay_seconds=delay)
    else:
        _fail(row, failure.reason)


def wait_for_retry(row: Generation, reason: str, *, ends_job: bool = False) -> None:
    """Let a final wait for its next attempt, longer after each failure. Nothing happens if its lease is another's."""
    delay = retry_delay(row.retries + 1, spread_of(row.id))
    if generations.reschedule(row, clock.now() + delay, reason, ends_job=ends_job):
        metrics.count("PrintsPostponed")
        facts = {"generation": row.id, "order": row.order_id, "retries": row.retries, "delay": str(delay)}
        log.warning("final postponed", extra=facts)


def _fail(row: Generation, reason: str) -> None:
    try:
        generations.fail(row, reason)
    except Ended:
        return
    log.info("it failed", extra={"generation": row.id, "order": row.order_id, "reason": reason})
