"""Generations: reserved, worked on under a lease, and ended once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.attributes import UnicodeAttribute
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.retries import attempts
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Transaction, get_many, update_if
from chalicelib.studio.domain import quota
from chalicelib.studio.domain.quota import QuotaState
from chalicelib.studio.errors import GenerationNotFound
from chalicelib.studio.models import (
    AiStyle,
    Generation,
    GenerationStatus,
    GenerationType,
    Quota,
    UpscaleStatus,
)
from chalicelib.studio.repository import quotas, uploads
from chalicelib.studio.repository.generation_queries import state_actions, state_columns, with_state_keys

S = TypeVar("S", bound=Schema)

_QUOTA_ATTEMPTS = 10
_QUOTA_BACKOFF_SECONDS = 0.01


class GenerationEnded(WriteConflict):
    """The generation has ended, or another worker has its lease. Retrying does not help."""


def find(shop: str, generation: str) -> Generation | None:
    """Return the shop's generation, read consistently; None if it does not exist or belongs to another shop."""
    try:
        row = Generation.get(generation, consistent_read=True)
    except Generation.DoesNotExist:
        return None
    return row if row.shop_id == shop else None


def get(shop: str, generation: str) -> Generation:
    """Return the shop's generation. Raises GenerationNotFound if it does not exist or belongs to another shop."""
    row = find(shop, generation)
    if row is None:
        raise GenerationNotFound
    return row


def find_source_previews(rows: list[Generation]) -> dict[str, Generation]:
    """Return the stored previews that the finals among `rows` were made from, by the id of the final."""
    finals = [row for row in rows if row.source_generation_id]
    sources = list({row.source_generation_id for row in finals})
    previews = dict(zip(sources, get_many([(Generation, (source,)) for source in sources]), strict=True))
    return {
        final.id: preview
        for final in finals
        if (preview := previews[final.source_generation_id]) and preview.shop_id == final.shop_id
    }


def iterate_overdue(kind: GenerationType, now: datetime) -> Iterator[Generation]:
    """Yield open work whose lease has expired, oldest first."""
    return iter(Generation.by_open_work.query(kind.value, Generation.lease_until < now))


def list_open_final_times() -> list[datetime]:
    """Return when each unfinished final was requested. Reads three columns only."""
    columns = ["id", "created_at", "requested_at"]
    rows = Generation.by_open_work.query(GenerationType.FINAL.value, attributes_to_get=columns)
    return [row.requested_at or row.created_at for row in rows]


def stage_preview(transaction: Transaction, row: Generation, quota_row: Quota, state: QuotaState) -> None:
    """Add a pending preview, its quota reservation and the use of its upload to the transaction.

    The transaction fails with WriteConflict if the quota changed since it was read, UploadNotReady if the upload did.
    """
    stage_trial(transaction, row, quota_row, state)
    uploads.stage_use(transaction, row.input_image_url.rsplit("/", 1)[-1])


def stage_trial(transaction: Transaction, row: Generation, quota_row: Quota, state: QuotaState) -> None:
    """Add a pending preview of our sample photo and its quota reservation, as `stage_preview` does without an upload."""
    quotas.stage_state(transaction, quota_row, state)
    transaction.add(with_state_keys(row))


def start_attempt(row: Generation, until: datetime, url: str, picture_url: str | None = None) -> bool:
    """Lease open work until `until`. Returns False if it has ended, is leased, or its next attempt is not due.

    The image is stored at `url` and a preview's unmarked picture at `picture_url`, or at the URLs of an earlier attempt.
    So a crashed worker leaves no object without a row.
    """
    now, image_url = clock.now(), _image_url(row)
    actions: list[Action] = [
        image_url.set(image_url | url),
        *state_actions(row, GenerationStatus.PROCESSING),
        Generation.lease_until.set(until),
        Generation.attempts.add(1),
        Generation.awaits.remove(),
        Generation.next_attempt_at.remove(),
        Generation.updated_at.set(now),
    ]
    if picture_url:
        actions.append(Generation.unmarked_image_url.set(Generation.unmarked_image_url | picture_url))
    if row.generation_type is GenerationType.FINAL:
        actions += state_actions(row, UpscaleStatus.PROCESSING)
        actions.append(Generation.upscale_started_at.set(now))
    requested = (Generation.status == GenerationStatus.PENDING) & Generation.next_attempt_at.does_not_exist()
    return _update_open(row, actions, requested | (Generation.lease_until <= now))


def await_callback(row: Generation, job: str, until: datetime) -> None:
    """Store the provider's job. The next attempt starts with the provider's callback, at `until` at the latest."""
    actions: list[Action] = [
        Generation.provider_job.set(job),
        Generation.provider_job_at.set(Generation.provider_job_at | clock.now()),
        Generation.awaits.set(True),
        Generation.answered.set(row.attempts),
        Generation.lease_until.set(until),
    ]
    _update_open(row, actions, Generation.attempts == row.attempts)


def resume_after_callback(generation: str, job: str) -> Generation | None:
    """Expire the lease of work that waits for this job, also if its next attempt is not due yet.

    Returns None if no work waits for the job, and for every callback but the first.
    """
    row = Generation(generation)
    waits = Generation.awaits.exists() | Generation.next_attempt_at.exists()
    waits &= Generation.open_work.exists() & (Generation.provider_job == job)
    actions: list[Action] = [
        Generation.lease_until.set(clock.now()),
        Generation.awaits.remove(),
        Generation.next_attempt_at.remove(),
    ]
    return row if update_if(row, actions, waits) else None


def release_lease(row: Generation, until: datetime) -> None:
    """End our lease without a result. The queue retries the work; the recovery schedule does not before `until`."""
    actions: list[Action] = [
        *pending_actions(row),
        Generation.lease_until.set(until),
        Generation.updated_at.set(clock.now()),
    ]
    _update_open(row, actions, Generation.attempts == row.attempts)


def schedule_retry(row: Generation, until: datetime, reason: str, *, ends_job: bool = False) -> bool:
    """End the lease of a final after a failed attempt, ours or a dead worker's; the schedule retries it at `until`.

    `reason` is for the merchant. With `ends_job`, the next attempt submits a new provider job. Returns False if
    another worker has the lease.
    """
    actions: list[Action] = [
        *pending_actions(row),
        Generation.lease_until.set(until),
        Generation.next_attempt_at.set(until),
        Generation.retries.add(1),
        Generation.deaths.add(int(worker_died(row) and row.lease_until is not None and row.lease_until < clock.now())),
        Generation.error_message.set(reason),
        Generation.updated_at.set(clock.now()),
    ]
    if ends_job:
        actions += [Generation.provider_job.remove(), Generation.provider_job_at.remove(), Generation.jobs_lost.add(1)]
    ours = (Generation.attempts == row.attempts) & (Generation.lease_until == row.lease_until)
    return _update_open(row, actions, ours)


def pending_actions(row: Generation) -> list[Action]:
    """Return the actions that set work to pending."""
    is_final = row.generation_type is GenerationType.FINAL
    return state_actions(row, GenerationStatus.PENDING) + (
        state_actions(row, UpscaleStatus.PENDING) if is_final else []
    )


def _update_open(row: Generation, actions: list[Action], condition: Any) -> bool:
    """Update open work if `condition` holds, and refresh `row`. Returns False if it does not."""
    return update_if(row, actions, Generation.open_work.exists() & condition)


def worker_died(row: Generation) -> bool:
    """Return whether overdue work was started by a worker that did not end it, and waits for no provider."""
    return row.status is GenerationStatus.PROCESSING and not row.awaits


def is_unclaimed(row: Generation) -> bool:
    """Return whether overdue work was queued and no worker started it: its message is lost, or the queue is long."""
    return row.status is GenerationStatus.PENDING and row.next_attempt_at is None


def requeue_work(row: Generation, until: datetime, slot_until: datetime) -> None:
    """Start a new lease of overdue work, and extend a preview's slot. Raises GenerationEnded."""
    actions: list[Action] = [
        *pending_actions(row),
        Generation.lease_until.set(until),
        Generation.deaths.add(int(worker_died(row))),
        Generation.retries.add(int(is_unclaimed(row))),
        Generation.next_attempt_at.remove(),
    ]
    overdue = Generation.open_work.exists() & (Generation.lease_until == row.lease_until)

    def stage(transaction: Transaction) -> None:
        transaction.update(Generation(row.id), actions, condition=overdue, otherwise=GenerationEnded())

    _commit_with_quota(row, stage, lambda state: quota.extend_slot(state, row.id, slot_until))


def complete_generation(row: Generation, columns: dict[str, Any], byte_count: int) -> None:
    """End the work with its result, objects of `byte_count` bytes in all. Raises GenerationEnded.

    A preview frees its slot and increments its style's usage count.
    """
    actions: list[Action] = [getattr(Generation, name).set(value) for name, value in columns.items()]
    actions += [*state_actions(row, GenerationStatus.COMPLETED), Generation.byte_count.set(byte_count)]
    if row.generation_type is GenerationType.FINAL:
        actions += [*state_actions(row, UpscaleStatus.COMPLETED), Generation.error_message.remove()]

    def stage(transaction: Transaction) -> None:
        _stage_end(transaction, row, actions)
        if row.generation_type is GenerationType.PREVIEW:
            style = AiStyle(row.shop_id, row.ai_style_id)
            transaction.update(style, [AiStyle.usage_count.add(1)], condition=AiStyle.uuid.exists())

    _commit_with_quota(row, stage, lambda state: quota.release_slot(state, row.id), byte_count)


def fail_generation(row: Generation, reason: str) -> None:
    """End the work without a result; a preview's slot and monthly image are returned once. Raises GenerationEnded."""
    actions: list[Action] = [*state_actions(row, GenerationStatus.FAILED), Generation.error_message.set(reason)]
    if row.generation_type is GenerationType.FINAL:
        actions += state_actions(row, UpscaleStatus.FAILED)

    def stage(transaction: Transaction) -> None:
        _stage_end(transaction, row, actions)

    _commit_with_quota(row, stage, lambda state: quota.cancel_reservation(state, row.id, row.created_at))


def reopen_final(
    row: Generation, until: datetime, idempotency: Idempotency | None, read: Callable[[Generation], S]
) -> S:
    """Set an ended or held final to pending, with a lease until `until`; its old image no longer counts as stored.

    Returns `read` of the new row, which is stored for the Idempotency-Key. Raises GenerationEnded if the final is in
    progress or a concurrent request reopened it.
    """
    unchanged = Generation.open_work.does_not_exist() & (Generation.updated_at == row.updated_at)
    stored_bytes = row.byte_count or 0
    values = {
        **state_columns(row, GenerationStatus.PENDING),
        **state_columns(row, UpscaleStatus.PENDING),
        "open_work": GenerationType.FINAL.value,
        "lease_until": until,
        "attempts": 0,
        "answered": 0,
        "deaths": 0,
        "retries": 0,
        "requested_at": clock.now(),
        "updated_at": clock.now(),
    }
    actions: list[Action] = [getattr(Generation, name).set(value) for name, value in values.items()]
    removals = (
        "final_image_url",
        "byte_count",
        "provider_job",
        "provider_job_at",
        "awaits",
        "error_message",
        "hold_reason",
    )
    actions += [getattr(Generation, name).remove() for name in removals]
    for name, value in (values | dict.fromkeys(removals)).items():
        setattr(row, name, value)
    answer = read(row)

    def stage(transaction: Transaction) -> None:
        if idempotency:
            idempotency.join(transaction, answer)
        transaction.update(Generation(row.id), actions, condition=unchanged, otherwise=GenerationEnded())

    quotas.write_with_bytes(row.shop_id, -stored_bytes, stage)
    return answer


def _image_url(row: Generation) -> UnicodeAttribute:
    """Return the column that holds the image's URL."""
    is_final = row.generation_type is GenerationType.FINAL
    return Generation.final_image_url if is_final else Generation.preview_image_url


def _stage_end(transaction: Transaction, row: Generation, actions: list[Action]) -> None:
    """Add the generation's last write to the transaction, which fails with GenerationEnded unless the lease is ours."""
    image_url, url = _image_url(row), getattr(row, _image_url(row).attr_name)
    same_image = image_url == url if url else image_url.does_not_exist()
    ours = Generation.open_work.exists() & (Generation.attempts == row.attempts) & same_image
    last_actions: list[Action] = [
        *actions,
        Generation.open_work.remove(),
        Generation.lease_until.remove(),
        Generation.next_attempt_at.remove(),
        Generation.updated_at.set(clock.now()),
    ]
    transaction.update(Generation(row.id), last_actions, condition=ours, otherwise=GenerationEnded())


def _commit_with_quota(
    row: Generation,
    stage: Callable[[Transaction], None],
    decide: Callable[[QuotaState], QuotaState],
    byte_count: int = 0,
) -> None:
    """Commit the staged writes, `byte_count` more stored bytes and, for a preview, the decision on the quota.

    Retries if the quota changed since it was read. A final does not change the quota's state. Raises GenerationEnded;
    Unavailable after ten conflicts.
    """
    if row.generation_type is GenerationType.FINAL:
        quotas.write_with_bytes(row.shop_id, byte_count, stage)
        return
    for _ in attempts(_QUOTA_ATTEMPTS, _QUOTA_BACKOFF_SECONDS):
        quota_row = quotas.get_or_default(row.shop_id)
        try:
            with Transaction() as transaction:
                stage(transaction)
                quotas.stage_state(transaction, quota_row, decide(quotas.quota_state(quota_row)), byte_count)
        except GenerationEnded:
            raise
        except WriteConflict:
            continue
        return
    raise Unavailable("Too many concurrent updates; try again.")
