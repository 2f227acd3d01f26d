"""Orders: each line with a verified preview of the shop becomes one final, unless the line is canceled.

The signed property is the permission to print, independent of the payer: at a guest checkout, the order's customer is
often not the preview's. Messages about an order may arrive in any order and repeatedly; `domain/fulfillment.py`
decides what follows from all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import clock, ids, logs
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.messages import publish
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work
from chalicelib.shops.schemas.orders import OrderCancelled, OrderEdited, OrderLine, OrderPaid, RefundCreated, RefundLine
from chalicelib.studio.domain import fulfillment
from chalicelib.studio.domain.fulfillment import OrderFacts
from chalicelib.studio.errors import FinalCanceled, FinalInProgress, GenerationNotFound
from chalicelib.studio.metrics import GENERATION_IDS_REFUSED
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType, Order, UpscaleStatus
from chalicelib.studio.repository import generations, held_finals, orders
from chalicelib.studio.repository.generations import GenerationEnded
from chalicelib.studio.schemas.merchant import GenerationRead
from chalicelib.studio.schemas.messages import FinalRequested
from chalicelib.studio.service import gallery
from chalicelib.studio.service.auth import APP
from chalicelib.studio.service.generation_worker import LINE_CANCELED
from chalicelib.studio.service.generations import LINE_ITEM_PROPERTY, START_LEASE, verify_generation

_NAMESPACE = "0b4d5c5e-6a53-4a3a-8e44-7f4b6c1f9a02"

log = logs.logger("studio")

OrderMessage = OrderPaid | OrderEdited | OrderCancelled | RefundCreated


@dataclass(frozen=True, slots=True)
class _OrderChange:
    """The meaning of a message: `previews` are the verified preview ids by line, `finals` the finals to create."""

    message: OrderMessage
    previews: dict[str, str]
    decide: Callable[[OrderFacts], OrderFacts]
    columns: dict[str, Any] = field(default_factory=dict)
    finals: dict[str, Generation] = field(default_factory=dict)


def apply_order_change(message: OrderMessage) -> None:
    """Apply a paid, edited, canceled or refunded order to its finals."""
    match message:
        case OrderPaid():
            apply_payment(message)
        case OrderEdited():
            apply_edit(message)
        case OrderCancelled():
            apply_cancellation(message)
        case RefundCreated():
            apply_refund(message)


def apply_payment(message: OrderPaid) -> None:
    """Create the finals of a paid order: one per order, line and preview, also if the message is repeated.

    A forged preview id, or one of another shop, is ignored and logged; the order's other lines are processed.
    """
    if message.app == APP:
        finals = _new_finals(message)
        quantities = {line.line_item_id: line.quantity for line in message.lines if line.line_item_id in finals}
        current = {line.line_item_id: line.current_quantity for line in message.lines if line.line_item_id in finals}
        previews = {line: final.source_generation_id or "" for line, final in finals.items()}

        def decide(facts: OrderFacts) -> OrderFacts:
            return fulfillment.add_edit(fulfillment.add_payment(facts, quantities), current)

        _apply_change(_OrderChange(message, previews, decide, _order_columns(message), finals))


def apply_edit(message: OrderEdited) -> None:
    """Skip the finals of removed lines; create those of added lines once the order is paid in full."""
    if message.app == APP:
        finals = _new_finals(message) if message.is_paid else {}
        previews = _verified_previews(message.shop, message.lines)
        current = {line.line_item_id: line.current_quantity for line in message.lines if line.line_item_id in previews}
        added = {line.line_item_id: line.quantity for line in message.lines if line.line_item_id in finals}

        def decide(facts: OrderFacts) -> OrderFacts:
            return fulfillment.add_edit(fulfillment.add_payment(facts, added), current)

        _apply_change(_OrderChange(message, previews, decide, _order_columns(message), finals))


def apply_cancellation(message: OrderCancelled) -> None:
    """Skip the finals of a canceled order, also if the message about its payment arrives later."""
    if message.app == APP:
        previews = _verified_previews(message.shop, message.lines)
        _apply_change(_OrderChange(message, previews, fulfillment.add_cancellation, _order_columns(message)))


def apply_refund(message: RefundCreated) -> None:
    """Skip the finals of lines that are refunded in full.

    A line that Shopify sent without its properties may have a preview. Its refund is stored, also before the payment.
    """
    if message.app == APP:
        quantities = {line.line_item_id: line.quantity for line in message.lines}
        decide = partial(fulfillment.add_refund, refund=message.refund_id, quantities=quantities)
        change = _OrderChange(message, _verified_previews(message.shop, message.lines), decide)
        if change.previews or not all(line.has_properties for line in message.lines):
            run_unit_of_work(partial(_commit_change, change))


def remake_final(shop: str, generation: str, key: Idempotency | None) -> GenerationRead:
    """Make a final again, for example because its file is lost, or to accept the crop of a held one.

    The old file is deleted before the row changes: if the process dies in between, the final has no file and can be
    remade, and no file is left that no row names or counts. Raises GenerationNotFound if it is not a final of the shop,
    FinalCanceled if its order line is canceled (a held final then fails), FinalInProgress if it is being made.
    """
    row = generations.get(shop, generation)
    if row.generation_type is not GenerationType.FINAL or row.order_id is None or row.line_item_id is None:
        raise GenerationNotFound
    if not fulfillment.is_line_wanted(orders.order_facts(orders.find(shop, row.order_id)), row.line_item_id):
        held_finals.fail_held_final(row, LINE_CANCELED)  # held by a worker that did not know of it yet
        raise FinalCanceled
    if row.final_image_url and not row.open_work:
        storage.delete(row.final_image_url)
    try:
        answer = generations.reopen_final(row, clock.now() + START_LEASE, key, gallery.to_generation_read)
    except GenerationEnded as error:
        raise FinalInProgress from error
    publish(FinalRequested(shop=shop, generation_id=row.id))
    return answer


def _apply_change(change: _OrderChange) -> None:
    """Apply the message to the order's row and finals. An order without verified previews is not stored."""
    if change.previews:
        run_unit_of_work(partial(_commit_change, change))


def _commit_change(change: _OrderChange, unit: UnitOfWork) -> None:
    """Write the order, then each of its finals in a transaction that checks the order's version.

    One transaction has no room for every line of a large order. A retry finds the finals that exist and publishes them
    again.
    """
    row = orders.find(change.message.shop, change.message.order_id) or _new_order(change.message)
    facts = _save_facts(change, row)
    for line, preview in change.previews.items():
        if not fulfillment.is_line_wanted(facts, line):
            _skip_final(row, line, preview)
        elif line in change.finals:
            final = orders.add_final(change.finals[line], row)
            if final.open_work:
                unit.publish(FinalRequested(shop=row.shop_id, generation_id=final.id))


def _save_facts(change: _OrderChange, row: Order) -> OrderFacts:
    """Write the order if the message changes it, and return its facts. Columns come from the newest message."""
    stored_facts, triggered_at = orders.order_facts(row), change.message.triggered_at
    facts = change.decide(stored_facts)
    is_newest = row.told_at is None or row.told_at <= triggered_at
    is_changed = is_newest and any(getattr(row, name) != value for name, value in change.columns.items())
    if facts != stored_facts or is_changed or not row.version:
        if is_newest:
            for name, value in change.columns.items() | {("told_at", triggered_at)}:
                setattr(row, name, value)
        orders.save_order(row, facts)
    return facts


def _skip_final(row: Order, line: str, preview: str) -> None:
    """Fail a final that is held or that no worker has started; one that is in progress or completed stays."""
    final = generations.find(row.shop_id, _final_id(row.shopify_order_id, line, preview))
    if final is not None and final.hold_reason:
        held_finals.fail_held_final(final, LINE_CANCELED)
    elif final is not None and final.open_work and final.status is GenerationStatus.PENDING:
        with suppress(GenerationEnded):
            generations.fail_generation(final, LINE_CANCELED)
            log.info("final skipped: line canceled", extra={"generation": final.id, "order": row.shopify_order_id})


def _new_order(message: OrderMessage) -> Order:
    return Order(shop_id=message.shop, shopify_order_id=message.order_id, version=0, created_at=message.triggered_at)


def _order_columns(message: OrderPaid | OrderEdited | OrderCancelled) -> dict[str, Any]:
    """Return the columns that the message sets, without a number or price that Shopify did not send."""
    columns = {"order_number": message.order_number, "total_price": message.total_price}
    known = {name: value for name, value in columns.items() if value is not None}
    return {"customer_id": message.customer_id, **known}


def _verified_previews(shop: str, lines: Iterable[OrderLine] | Iterable[RefundLine]) -> dict[str, str]:
    """Return the verified preview id of each line that has one."""
    values = {line.line_item_id: line.properties.get(LINE_ITEM_PROPERTY) for line in lines}
    return {line: preview for line, value in values.items() if value and (preview := verify_generation(shop, value))}


def _new_finals(message: OrderPaid | OrderEdited) -> dict[str, Generation]:
    """Return a new final for each line with a verified preview of this shop; log the other preview ids."""
    finals = {}
    for line in message.lines:
        if LINE_ITEM_PROPERTY in line.properties and (preview := _find_preview(message, line)):
            finals[line.line_item_id] = _new_final(message, line, preview)
    return finals


def _find_preview(message: OrderPaid | OrderEdited, line: OrderLine) -> Generation | None:
    generation = verify_generation(message.shop, line.properties[LINE_ITEM_PROPERTY])
    row = generations.find(message.shop, generation) if generation else None
    if row and row.generation_type is GenerationType.PREVIEW:
        return row
    details = {"order": message.order_id, "line": line.line_item_id}
    log.warning("order line ignored: not a preview of this shop", extra=details)
    GENERATION_IDS_REFUSED.count()
    return None


def _final_id(order: str, line: str, preview: str) -> str:
    return ids.derived(_NAMESPACE, order, line, preview)


def _new_final(message: OrderPaid | OrderEdited, line: OrderLine, preview: Generation) -> Generation:
    now = clock.now()
    return Generation(
        id=_final_id(message.order_id, line.line_item_id, preview.id),
        shop_id=message.shop,
        product_id=preview.product_id,
        ai_style_id=preview.ai_style_id,
        order_id=message.order_id,
        line_item_id=line.line_item_id,
        source_generation_id=preview.id,
        shopify_variant_id=line.variant_id,
        customer_id=message.customer_id,
        preview_customer_id=preview.customer_id,
        input_image_url=preview.input_image_url,
        generation_type=GenerationType.FINAL,
        ai_prompt_used=preview.ai_prompt_used,
        generation_params=preview.generation_params,
        upscale_status=UpscaleStatus.PENDING,
        open_work=GenerationType.FINAL.value,
        lease_until=now + START_LEASE,
        requested_at=now,
        created_at=now,
        updated_at=now,
    )
