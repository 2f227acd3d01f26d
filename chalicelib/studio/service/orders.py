"""Paid orders: each line that carries a genuine preview of that shop and customer becomes one final."""

from __future__ import annotations

from chalicelib.kit import clock, ids, logs, metrics
from chalicelib.kit.messages import publish
from chalicelib.shops.schemas.orders import OrderLine, OrderPaid
from chalicelib.studio.models import Generation, GenerationType, Order, UpscaleStatus
from chalicelib.studio.repository import generations
from chalicelib.studio.schemas.messages import PrintRequested
from chalicelib.studio.service.callers import APP
from chalicelib.studio.service.generations import LINE_ITEM_PROPERTY, START, verify

_NAMESPACE = "0b4d5c5e-6a53-4a3a-8e44-7f4b6c1f9a02"

log = logs.logger("studio")


def fulfil(paid: OrderPaid) -> None:
    """Have the finals of a paid order made: one per order, line and preview, however often it is told.

    A forged or foreign generation id is refused and logged; the order's other lines go on.
    """
    if paid.app != APP:
        return
    carrying = [line for line in paid.lines if LINE_ITEM_PROPERTY in line.properties]
    found = [(line, preview) for line in carrying if (preview := _preview(paid, line))]
    if not found:
        return
    generations.save_order(_order(paid))
    for line, preview in found:
        final = generations.add_final(_final(paid, line, preview))
        if final.open_work:
            publish(PrintRequested(shop=paid.shop, generation_id=final.id))


def _order(paid: OrderPaid) -> Order:
    return Order(
        shop_id=paid.shop,
        shopify_order_id=paid.order_id,
        customer_id=paid.customer_id,
        order_number=paid.order_number,
        total_price=paid.total_price,
        status="paid",
        created_at=paid.triggered_at,
        updated_at=clock.now(),
    )


def _preview(paid: OrderPaid, line: OrderLine) -> Generation | None:
    """The preview that the line names, if it is one of this shop and customer; else the refusal is logged."""
    generation = verify(paid.shop, line.properties[LINE_ITEM_PROPERTY])
    row = generations.find(paid.shop, generation) if generation else None
    if row and row.generation_type is GenerationType.PREVIEW and row.customer_id in (None, paid.customer_id):
        return row
    facts = {"order": paid.order_id, "line": line.line_item_id}
    log.warning("refused: not a generation of this shop and customer", extra=facts)
    metrics.count("GenerationIdsRefused")
    return None


def _final(paid: OrderPaid, line: OrderLine, preview: Generation) -> Generation:
    now = clock.now()
    return Generation(
        id=ids.derived(_NAMESPACE, paid.order_id, line.line_item_id, preview.id),
        shop_id=paid.shop,
        product_id=preview.product_id,
        ai_style_id=preview.ai_style_id,
        order_id=paid.order_id,
        line_item_id=line.line_item_id,
        source_generation_id=preview.id,
        shopify_variant_id=line.variant_id,
        customer_id=paid.customer_id,
        input_image_url=preview.input_image_url,
        generation_type=GenerationType.FINAL,
        ai_prompt_used=preview.ai_prompt_used,
        generation_params=preview.generation_params,
        upscale_status=UpscaleStatus.PENDING,
        open_work=GenerationType.FINAL.value,
        lease_until=now + START,
        created_at=now,
        updated_at=now,
    )
