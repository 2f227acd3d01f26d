"""Orders: each line that carries a genuine preview of that shop becomes one final, unless it is taken back.

The signed property is the permission to print, whoever pays: at a guest checkout, the order's customer is often not the
preview's. Shopify tells of an order in any order and number; what follows from it all says `fulfilment`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids, logs, metrics
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.messages import publish
from chalicelib.shops.schemas.orders import OrderCancelled, OrderEdited, OrderLine, OrderPaid, RefundCreated, RefundLine
from chalicelib.studio import fulfilment
from chalicelib.studio.errors import FinalAtWork, FinalNotWanted, GenerationNotFound
from chalicelib.studio.fulfilment import Facts
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType, Order, UpscaleStatus
from chalicelib.studio.repository import generations, orders
from chalicelib.studio.repository.generations import Ended
from chalicelib.studio.repository.orders import Overtaken
from chalicelib.studio.schemas.merchant import GenerationRead
from chalicelib.studio.schemas.messages import PrintRequested
from chalicelib.studio.service import gallery
from chalicelib.studio.service.callers import APP
from chalicelib.studio.service.generations import LINE_ITEM_PROPERTY, START, verify
from chalicelib.studio.service.making import TAKEN_BACK

_NAMESPACE = "0b4d5c5e-6a53-4a3a-8e44-7f4b6c1f9a02"
_RETRIES = 50

log = logs.logger("studio")

Told = OrderPaid | OrderEdited | OrderCancelled | RefundCreated


@dataclass(frozen=True, slots=True)
class _Change:
    """What a message means: `carrying` are the genuine previews by line, `finals` those to be made where wanted."""

    told: Told
    carrying: dict[str, str]
    decide: Callable[[Facts], Facts]
    columns: dict[str, Any] = field(default_factory=dict)
    finals: dict[str, Generation] = field(default_factory=dict)


def fulfil(paid: OrderPaid) -> None:
    """Have the finals of a paid order made: one per order, line and preview, however often it is told.

    A forged or foreign generation id is refused and logged; the order's other lines go on.
    """
    if paid.app == APP:
        finals = _finals(paid)
        quantities = {line.line_item_id: line.quantity for line in paid.lines if line.line_item_id in finals}
        left = {line.line_item_id: line.current_quantity for line in paid.lines if line.line_item_id in finals}
        carrying = {line: final.source_generation_id or "" for line, final in finals.items()}

        def decide(facts: Facts) -> Facts:
            return fulfilment.edited(fulfilment.paid(facts, quantities), left)

        _settle(_Change(paid, carrying, decide, _columns(paid), finals))


def edit(edited: OrderEdited) -> None:
    """Skip the finals of lines that were taken out; have those of lines that were added made, once all is paid."""
    if edited.app == APP:
        finals = _finals(edited) if edited.is_paid else {}
        carrying = _carrying(edited.shop, edited.lines)
        left = {line.line_item_id: line.current_quantity for line in edited.lines if line.line_item_id in carrying}
        added = {line.line_item_id: line.quantity for line in edited.lines if line.line_item_id in finals}

        def decide(facts: Facts) -> Facts:
            return fulfilment.edited(fulfilment.paid(facts, added), left)

        _settle(_Change(edited, carrying, decide, _columns(edited), finals))


def cancel(cancelled: OrderCancelled) -> None:
    """Skip the finals of an order that was cancelled, also where it is told only later that it was paid."""
    if cancelled.app == APP:
        carrying = _carrying(cancelled.shop, cancelled.lines)
        _settle(_Change(cancelled, carrying, fulfilment.cancelled, _columns(cancelled)))


def refund(refunded: RefundCreated) -> None:
    """Skip the finals of lines of which nothing is left."""
    if refunded.app == APP:
        quantities = {line.line_item_id: line.quantity for line in refunded.lines}
        decide = partial(fulfilment.refunded, refund=refunded.refund_id, quantities=quantities)
        _settle(_Change(refunded, _carrying(refunded.shop, refunded.lines), decide))


def remake(shop: str, generation: str, key: Idempotency | None) -> GenerationRead:
    """Have a final made once more, such as when its file is lost; a lost picture cannot be brought back otherwise.

    Its file goes before its row forgets it: who dies in between leaves a final without its file, which can be remade,
    and no file that nothing names or counts.

    Raises GenerationNotFound for what is no final of the shop, FinalNotWanted where its line was taken back,
    FinalAtWork while it is being made.
    """
    row = generations.get(shop, generation)
    if row.generation_type is not GenerationType.FINAL or row.order_id is None or row.line_item_id is None:
        raise GenerationNotFound
    if not fulfilment.is_wanted(orders.facts_of(orders.find(shop, row.order_id)), row.line_item_id):
        raise FinalNotWanted
    if row.final_image_url and not row.open_work:
        storage.delete(row.final_image_url)
    try:
        answer = generations.reopen(row, clock.now() + START, key, gallery.shown)
    except Ended as ended:
        raise FinalAtWork from ended
    publish(PrintRequested(shop=shop, generation_id=row.id))
    return answer


def _settle(change: _Change) -> None:
    """Bring the order's row and finals in line with what is told. An order without genuine previews leaves no trace."""
    if not change.carrying:
        return
    for attempt in range(_RETRIES):
        with suppress(Overtaken):
            _settle_once(change)
            return
        time.sleep(random.uniform(0, 0.01 * min(attempt + 1, 10)))
    raise Overtaken


def _settle_once(change: _Change) -> None:
    row = orders.find(change.told.shop, change.told.order_id) or _new_order(change.told)
    known = orders.facts_of(row)
    facts = change.decide(known)
    is_newest = row.told_at is None or row.told_at <= change.told.triggered_at
    is_changed = is_newest and any(getattr(row, name) != value for name, value in change.columns.items())
    if facts != known or is_changed or not row.version:
        if is_newest:
            for name, value in change.columns.items() | {("told_at", change.told.triggered_at)}:
                setattr(row, name, value)
        orders.save(row, facts)
    for line, preview in change.carrying.items():
        if not fulfilment.is_wanted(facts, line):
            _skip(row, line, preview)
        elif line in change.finals:
            final = orders.add_final(change.finals[line], row)
            if final.open_work:
                publish(PrintRequested(shop=row.shop_id, generation_id=final.id))


def _skip(row: Order, line: str, preview: str) -> None:
    """End a final that nobody has begun; one that is being made, or made, stays."""
    final = generations.find(row.shop_id, _final_id(row.shopify_order_id, line, preview))
    if final is not None and final.open_work and final.status is GenerationStatus.PENDING:
        with suppress(Ended):
            generations.fail(final, TAKEN_BACK)
            log.info("a final is not wanted any more", extra={"generation": final.id, "order": row.shopify_order_id})


def _new_order(told: Told) -> Order:
    return Order(shop_id=told.shop, shopify_order_id=told.order_id, version=0, created_at=told.triggered_at)


def _columns(told: OrderPaid | OrderEdited | OrderCancelled) -> dict[str, Any]:
    return {
        "customer_id": told.customer_id,
        "order_number": told.order_number,
        "total_price": told.total_price,
    }


def _carrying(shop: str, lines: Iterable[OrderLine] | Iterable[RefundLine]) -> dict[str, str]:
    """The genuine preview that each line carries."""
    signed = {line.line_item_id: line.properties.get(LINE_ITEM_PROPERTY) for line in lines}
    return {line: preview for line, value in signed.items() if value and (preview := verify(shop, value))}


def _finals(told: OrderPaid | OrderEdited) -> dict[str, Generation]:
    """The final of each line that carries a genuine preview of this shop; a refusal is logged."""
    found = {}
    for line in told.lines:
        if LINE_ITEM_PROPERTY in line.properties and (preview := _preview(told, line)):
            found[line.line_item_id] = _final(told, line, preview)
    return found


def _preview(told: OrderPaid | OrderEdited, line: OrderLine) -> Generation | None:
    generation = verify(told.shop, line.properties[LINE_ITEM_PROPERTY])
    row = generations.find(told.shop, generation) if generation else None
    if row and row.generation_type is GenerationType.PREVIEW:
        return row
    facts = {"order": told.order_id, "line": line.line_item_id}
    log.warning("refused: not a preview of this shop", extra=facts)
    metrics.count("GenerationIdsRefused")
    return None


def _final_id(order: str, line: str, preview: str) -> str:
    return ids.derived(_NAMESPACE, order, line, preview)


def _final(told: OrderPaid | OrderEdited, line: OrderLine, preview: Generation) -> Generation:
    now = clock.now()
    return Generation(
        id=_final_id(told.order_id, line.line_item_id, preview.id),
        shop_id=told.shop,
        product_id=preview.product_id,
        ai_style_id=preview.ai_style_id,
        order_id=told.order_id,
        line_item_id=line.line_item_id,
        source_generation_id=preview.id,
        shopify_variant_id=line.variant_id,
        customer_id=told.customer_id,
        preview_customer_id=preview.customer_id,
        input_image_url=preview.input_image_url,
        generation_type=GenerationType.FINAL,
        ai_prompt_used=preview.ai_prompt_used,
        generation_params=preview.generation_params,
        upscale_status=UpscaleStatus.PENDING,
        open_work=GenerationType.FINAL.value,
        lease_until=now + START,
        requested_at=now,
        created_at=now,
        updated_at=now,
    )
