"""Generations: reserved, taken up under a lease, and ended once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.attributes import UnicodeAttribute
from chalicelib.kit.errors import Conflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Transaction, update_if
from chalicelib.studio import quota
from chalicelib.studio.errors import GenerationNotFound
from chalicelib.studio.models import (
    AiStyle,
    Generation,
    GenerationStatus,
    GenerationType,
    Quota,
    UpscaleStatus,
)
from chalicelib.studio.quota import State
from chalicelib.studio.repository import quotas, uploads
from chalicelib.studio.repository.listing import begun, state_of, states
from chalicelib.studio.repository.quotas import Overtaken

S = TypeVar("S", bound=Schema)

_RETRIES = 50


class Ended(Conflict):
    """The generation was ended, or taken over, by somebody else."""


def find(shop: str, generation: str) -> Generation | None:
    """The shop's generation; None where there is none, or it is another's."""
    try:
        row = Generation.get(generation, consistent_read=True)
    except Generation.DoesNotExist:
        return None
    return row if row.shop_id == shop else None


def get(shop: str, generation: str) -> Generation:
    row = find(shop, generation)
    if row is None:
        raise GenerationNotFound
    return row


def iterate_overdue(kind: GenerationType, now: datetime) -> Iterator[Generation]:
    """Open work whose lease has run out, the oldest first."""
    return iter(Generation.by_open_work.query(kind.value, Generation.lease_until < now))


def list_open_since() -> list[datetime]:
    """When each final that is not made yet was asked for: how much paid work is open, without its rows."""
    columns = ["id", "created_at", "requested_at"]
    rows = Generation.by_open_work.query(GenerationType.FINAL.value, attributes_to_get=columns)
    return [row.requested_at or row.created_at for row in rows]


def reserve(row: Generation, held: Quota, state: State, idempotency: Idempotency | None, answer: Schema) -> None:
    """Write a pending preview, its place in the quota and the answer at once; the upload is no longer unused.

    Raises Overtaken where the quota has changed since it was read, UploadNotReady where the upload has.
    """
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        quotas.write(transaction, held, state)
        transaction.add(begun(row))
        uploads.use(transaction, row.input_image_url.rsplit("/", 1)[-1])


def start(row: Generation, until: datetime, url: str) -> bool:
    """Take up open work until `until`; False where it has ended, another's lease still runs, or its next attempt is not
    due.

    The picture will be at `url`, or where the first who took it up was going to put it: nothing lies about unnamed
    when a worker dies.
    """
    now, place = clock.now(), _place(row)
    actions: list[Action] = [
        place.set(place | url),
        *states(row, GenerationStatus.PROCESSING),
        Generation.lease_until.set(until),
        Generation.attempts.add(1),
        Generation.awaits.remove(),
        Generation.next_attempt_at.remove(),
        Generation.updated_at.set(now),
    ]
    if row.generation_type is GenerationType.FINAL:
        actions += states(row, UpscaleStatus.PROCESSING)
        actions.append(Generation.upscale_started_at.set(now))
    handed_out = (Generation.status == GenerationStatus.PENDING) & Generation.next_attempt_at.does_not_exist()
    free = handed_out | (Generation.lease_until <= now)
    return _update(row, actions, free)


def wait_for(row: Generation, job: str, until: datetime) -> None:
    """Note the job that the provider took; nobody takes the work up before it calls back, or `until`."""
    actions: list[Action] = [
        Generation.provider_job.set(job),
        Generation.provider_job_at.set(Generation.provider_job_at | clock.now()),
        Generation.awaits.set(True),
        Generation.answered.set(row.attempts),
        Generation.lease_until.set(until),
    ]
    _update(row, actions, Generation.attempts == row.attempts)


def wake(generation: str, job: str) -> Generation | None:
    """Let work that waits for this job be taken up, also before its next attempt is due; None, also for every call but
    the first, where none does.
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


def let_go(row: Generation, until: datetime) -> None:
    """End our lease without a result: whoever is told to can take the work up, and nobody else does before `until`."""
    actions: list[Action] = [
        *_pending(row),
        Generation.lease_until.set(until),
        Generation.updated_at.set(clock.now()),
    ]
    _update(row, actions, Generation.attempts == row.attempts)


def reschedule(row: Generation, until: datetime, reason: str, *, ends_job: bool = False) -> bool:
    """End the lease of a final after a failed attempt, ours or a dead worker's; the schedule hands it out at `until`.

    `reason` is for the merchant. With `ends_job`, the next attempt gives the provider a new job. False if the lease was
    another's.
    """
    actions: list[Action] = [
        *_pending(row),
        Generation.lease_until.set(until),
        Generation.next_attempt_at.set(until),
        Generation.retries.add(1),
        Generation.deaths.add(int(has_died(row) and row.lease_until is not None and row.lease_until < clock.now())),
        Generation.error_message.set(reason),
        Generation.updated_at.set(clock.now()),
    ]
    if ends_job:
        actions += [Generation.provider_job.remove(), Generation.provider_job_at.remove(), Generation.jobs_lost.add(1)]
    ours = (Generation.attempts == row.attempts) & (Generation.lease_until == row.lease_until)
    return _update(row, actions, ours)


def _pending(row: Generation) -> list[Action]:
    """What an update of work sets that waits for its next attempt."""
    is_final = row.generation_type is GenerationType.FINAL
    return states(row, GenerationStatus.PENDING) + (states(row, UpscaleStatus.PENDING) if is_final else [])


def _update(row: Generation, actions: list[Action], condition: Any) -> bool:
    try:
        row.update(actions, condition=Generation.open_work.exists() & condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def has_died(row: Generation) -> bool:
    """Whether overdue work had a worker, who did not end it: it does not wait for one, nor for a provider."""
    return row.status is GenerationStatus.PROCESSING and not row.awaits


def is_unclaimed(row: Generation) -> bool:
    """Whether overdue work was handed out, and no worker started it: its message was lost, or the queue is long."""
    return row.status is GenerationStatus.PENDING and row.next_attempt_at is None


def postpone(row: Generation, until: datetime, slot_until: datetime) -> None:
    """Hand overdue work out again: the next lease begins now, and a preview's slot with it. Raises Ended."""
    actions: list[Action] = [
        *_pending(row),
        Generation.lease_until.set(until),
        Generation.deaths.add(int(has_died(row))),
        Generation.retries.add(int(is_unclaimed(row))),
        Generation.next_attempt_at.remove(),
    ]
    overdue = Generation.open_work.exists() & (Generation.lease_until == row.lease_until)

    def writes(transaction: Transaction) -> None:
        transaction.update(Generation(row.id), actions, condition=overdue, otherwise=Ended())

    _commit(row, writes, lambda state: quota.extend(state, row.id, slot_until))


def complete(row: Generation, facts: dict[str, Any], byte_count: int) -> None:
    """End the work with its result, of so many bytes. A preview frees its slot and counts for its style. Raises Ended."""
    actions: list[Action] = [getattr(Generation, name).set(value) for name, value in facts.items()]
    actions += [*states(row, GenerationStatus.COMPLETED), Generation.byte_count.set(byte_count)]
    if row.generation_type is GenerationType.FINAL:
        actions += [*states(row, UpscaleStatus.COMPLETED), Generation.error_message.remove()]

    def count_use(transaction: Transaction) -> None:
        if row.generation_type is GenerationType.PREVIEW:
            style = AiStyle(row.shop_id, row.ai_style_id)
            transaction.update(style, [AiStyle.usage_count.add(1)], condition=AiStyle.uuid.exists())

    _end(row, actions, lambda state: quota.finish(state, row.id), byte_count, count_use)


def fail(row: Generation, reason: str) -> None:
    """End the work without a result. A preview's slot and place in the month are given back, once. Raises Ended."""
    actions: list[Action] = [*states(row, GenerationStatus.FAILED), Generation.error_message.set(reason)]
    if row.generation_type is GenerationType.FINAL:
        actions += states(row, UpscaleStatus.FAILED)
    _end(row, actions, lambda state: quota.give_back(state, row.id, row.created_at))


def reopen(row: Generation, until: datetime, idempotency: Idempotency | None, show: Callable[[Generation], S]) -> S:
    """Have a final that is made, or failed, made once more, by `until`; its old picture no longer counts as stored.

    Answers with what `show` makes of the row as it is then, kept for its Idempotency-Key. Raises Ended where it is at
    work, or was reopened by somebody else.
    """
    as_read = Generation.open_work.does_not_exist() & (Generation.updated_at == row.updated_at)
    stored = row.byte_count or 0
    values = {
        **state_of(row, GenerationStatus.PENDING),
        **state_of(row, UpscaleStatus.PENDING),
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
    gone = ("final_image_url", "byte_count", "provider_job", "provider_job_at", "awaits", "error_message")
    actions += [getattr(Generation, name).remove() for name in gone]
    for name, value in (values | dict.fromkeys(gone)).items():
        setattr(row, name, value)
    answer = show(row)

    def writes(transaction: Transaction) -> None:
        if idempotency:
            idempotency.join(transaction, answer)
        transaction.update(Generation(row.id), actions, condition=as_read, otherwise=Ended())

    quotas.write_counting(row.shop_id, -stored, writes)
    return answer


def _place(row: Generation) -> UnicodeAttribute:
    """Where the picture's address stands."""
    is_final = row.generation_type is GenerationType.FINAL
    return Generation.final_image_url if is_final else Generation.preview_image_url


def _end(
    row: Generation,
    actions: list[Action],
    decide: Callable[[State], State],
    byte_count: int = 0,
    also: Callable[[Transaction], None] = lambda _: None,
) -> None:
    """The generation's last write, by whoever holds its lease, with all that it means elsewhere."""
    place, url = _place(row), getattr(row, _place(row).attr_name)
    same_picture = place == url if url else place.does_not_exist()
    ours = Generation.open_work.exists() & (Generation.attempts == row.attempts) & same_picture
    last: list[Action] = [
        *actions,
        Generation.open_work.remove(),
        Generation.lease_until.remove(),
        Generation.next_attempt_at.remove(),
        Generation.updated_at.set(clock.now()),
    ]

    def writes(transaction: Transaction) -> None:
        transaction.update(Generation(row.id), last, condition=ours, otherwise=Ended())
        also(transaction)

    _commit(row, writes, decide, byte_count)


def _commit(
    row: Generation,
    writes: Callable[[Transaction], None],
    decide: Callable[[State], State],
    byte_count: int = 0,
) -> None:
    """Commit `writes` with so many bytes more stored and, for a preview, what is decided on the quota.

    Decided anew while others are faster. A final takes nothing of the quota.
    """
    if row.generation_type is GenerationType.FINAL:
        quotas.write_counting(row.shop_id, byte_count, writes)
        return
    for attempt in range(_RETRIES):
        held = quotas.find(row.shop_id)
        try:
            with Transaction() as transaction:
                writes(transaction)
                quotas.write(transaction, held, decide(quotas.state_of(held)), byte_count)
        except Overtaken:
            time.sleep(random.uniform(0, 0.01 * min(attempt, 10)))
        else:
            return
    raise Overtaken
