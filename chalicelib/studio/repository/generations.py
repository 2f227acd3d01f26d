"""Generations: reserved, taken up under a lease, and ended once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.update import Action

from chalicelib.kit import clock
from chalicelib.kit.errors import Conflict
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.pages import PageRequest, Slice, take
from chalicelib.kit.schemas import Schema
from chalicelib.kit.tables import Transaction
from chalicelib.studio import quota
from chalicelib.studio.errors import GenerationNotFound
from chalicelib.studio.models import (
    AiStyle,
    Generation,
    GenerationStatus,
    GenerationType,
    Order,
    Quota,
    Upload,
    UpscaleStatus,
)
from chalicelib.studio.quota import State
from chalicelib.studio.repository import quotas
from chalicelib.studio.repository.quotas import Overtaken

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


def list_by_shop(shop: str, page: PageRequest) -> Slice[Generation]:
    """Newest first."""
    return take(
        Generation.by_shop.query(shop, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start)
    )


def list_by_order(shop: str, order: str, page: PageRequest) -> Slice[Generation]:
    """An order's finals, newest first; those of another shop are left out."""
    found = take(
        Generation.by_order.query(order, scan_index_forward=False, limit=page.limit, last_evaluated_key=page.start)
    )
    return Slice([row for row in found.items if row.shop_id == shop], found.last_key)


def iterate_overdue(kind: GenerationType, now: datetime) -> Iterator[Generation]:
    """Open work whose lease has run out, the oldest first."""
    return iter(Generation.by_open_work.query(kind.value, Generation.lease_until < now))


def reserve(row: Generation, held: Quota, state: State, idempotency: Idempotency | None, answer: Schema) -> None:
    """Write a pending preview, its place in the quota and the answer at once; the upload is no longer unused.

    Raises Overtaken where the quota has changed since it was read.
    """
    with Transaction() as transaction:
        if idempotency:
            idempotency.join(transaction, answer)
        quotas.write(transaction, held, state)
        transaction.add(row)
        upload = Upload(row.input_image_url.rsplit("/", 1)[-1])
        transaction.update(upload, [Upload.expires_epoch.remove()], condition=Upload.id.exists())


def add_final(row: Generation) -> Generation:
    """Write a final, unless this line's is there: the row as it stands then."""
    try:
        with Transaction() as transaction:
            transaction.add(row, Ended())
    except Ended:
        return get(row.shop_id, row.id)
    return row


def start(row: Generation, until: datetime) -> bool:
    """Take up open work until `until`; False where it has ended or another's lease still runs."""
    now = clock.now()
    actions: list[Action] = [
        Generation.status.set(GenerationStatus.PROCESSING),
        Generation.lease_until.set(until),
        Generation.attempts.add(1),
        Generation.updated_at.set(now),
    ]
    if row.generation_type is GenerationType.FINAL:
        actions.append(Generation.upscale_status.set(UpscaleStatus.PROCESSING))
        actions.append(Generation.upscale_started_at.set(now))
    free = (Generation.status == GenerationStatus.PENDING) | (Generation.lease_until < now)
    try:
        row.update(actions, condition=Generation.open_work.exists() & free)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def let_go(row: Generation) -> None:
    """End our lease without a result, so that the work can be taken up again at once."""
    _update(row, [Generation.lease_until.set(clock.now())], Generation.attempts == row.attempts)


def postpone(row: Generation, until: datetime) -> bool:
    """Hand overdue work out again: the next lease begins now. False where somebody else was faster."""
    return _update(
        row,
        [Generation.status.set(GenerationStatus.PENDING), Generation.lease_until.set(until)],
        Generation.lease_until == row.lease_until,
    )


def complete(row: Generation, facts: dict[str, Any]) -> None:
    """End the work with its result. A preview also frees its slot and counts for its style. Raises Ended."""
    actions: list[Action] = [getattr(Generation, name).set(value) for name, value in facts.items()]
    actions.append(Generation.status.set(GenerationStatus.COMPLETED))
    if row.generation_type is GenerationType.FINAL:
        _end(row, actions)
        return
    style = AiStyle(row.shop_id, row.ai_style_id)

    def count(transaction: Transaction) -> None:
        transaction.update(style, [AiStyle.usage_count.add(1)], condition=AiStyle.uuid.exists())

    _end(row, actions, lambda state: quota.finish(state, row.id), count)


def fail(row: Generation, reason: str) -> None:
    """End the work without a result. A preview's slot and place in the month are given back, once. Raises Ended."""
    actions: list[Action] = [Generation.status.set(GenerationStatus.FAILED), Generation.error_message.set(reason)]
    if row.generation_type is GenerationType.FINAL:
        _end(row, [*actions, Generation.upscale_status.set(UpscaleStatus.FAILED)])
        return
    _end(row, actions, lambda state: quota.give_back(state, row.id, row.created_at))


def extend_slot(row: Generation, until: datetime) -> None:
    """Keep a preview's concurrent slot while it is tried again."""
    _decide(row.shop_id, lambda state: quota.extend(state, row.id, until), lambda _: None)


def _end(
    row: Generation,
    actions: list[Action],
    decide: Callable[[State], State] | None = None,
    also: Callable[[Transaction], None] = lambda _: None,
) -> None:
    """The generation's last write, with what it means for the quota, in one transaction."""
    ours = Generation.open_work.exists() & (Generation.attempts == row.attempts)
    last: list[Action] = [
        *actions,
        Generation.open_work.remove(),
        Generation.lease_until.remove(),
        Generation.updated_at.set(clock.now()),
    ]

    def writes(transaction: Transaction) -> None:
        transaction.update(Generation(row.id), last, condition=ours, otherwise=Ended())
        also(transaction)

    if decide is None:
        with Transaction() as transaction:
            writes(transaction)
    else:
        _decide(row.shop_id, decide, writes)


def _decide(shop: str, decide: Callable[[State], State], writes: Callable[[Transaction], None]) -> None:
    """Change the quota and whatever belongs to it; decided anew while others are faster."""
    for _ in range(_RETRIES):
        held = quotas.find(shop)
        try:
            with Transaction() as transaction:
                writes(transaction)
                quotas.write(transaction, held, decide(quotas.state_of(held)))
        except Overtaken:
            continue
        return
    raise Overtaken


def _update(row: Generation, actions: list[Action], condition: Any) -> bool:
    try:
        row.update(actions, condition=Generation.open_work.exists() & condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


def save_order(row: Order) -> None:
    """Write the order as it is now."""
    row.save()
