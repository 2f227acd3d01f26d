"""The studio's own work: looking at photos, making previews and prints, taking care of what got stuck."""

from __future__ import annotations

from contextlib import ExitStack

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    ProductDeleted,
    ProductUpdated,
    RefundCreated,
)
from chalicelib.studio.schemas.messages import FinalRequested, GenerationRequested, UploadChanged
from chalicelib.studio.service import finals, orders, previews, products, quota_rollover, stuck_generations, uploads

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="studio-inspect", batch_size=1, name="studio-inspect")
@consumes(UploadChanged)
def inspect_upload(message: UploadChanged) -> None:
    """Look at a photo that was put into the bucket, and count its bytes."""
    uploads.inspect(message)


@bp.on_sqs_message(queue="studio-generate", batch_size=1, name="studio-generate")
@consumes(GenerationRequested)
def generate_preview(message: GenerationRequested) -> None:
    """Make a preview."""
    previews.make(message.shop, message.generation_id)


@bp.on_sqs_message(queue="studio-fulfil", batch_size=5, name="studio-fulfil")
@consumes(OrderPaid)
def fulfil(message: OrderPaid) -> None:
    """Have the finals of a paid order made."""
    orders.fulfil(message)


@bp.on_sqs_message(queue="studio-edit", batch_size=5, name="studio-edit")
@consumes(OrderEdited)
def edit(message: OrderEdited) -> None:
    """Skip the finals of lines that an edit took out, and make those that it added."""
    orders.edit(message)


@bp.on_sqs_message(queue="studio-cancel", batch_size=5, name="studio-cancel")
@consumes(OrderCancelled)
def cancel(message: OrderCancelled) -> None:
    """Skip the finals of a cancelled order."""
    orders.cancel(message)


@bp.on_sqs_message(queue="studio-refund", batch_size=5, name="studio-refund")
@consumes(RefundCreated)
def refund(message: RefundCreated) -> None:
    """Skip the finals of lines that were refunded."""
    orders.refund(message)


@bp.on_sqs_message(queue="studio-print", batch_size=1, name="studio-print")
@consumes(FinalRequested)
def make_final(message: FinalRequested) -> None:
    """Make a final at its print size."""
    finals.make(message.shop, message.generation_id)


@bp.schedule("rate(1 minute)", name="studio-recover")
@scheduled("studio-recover", lease_seconds=60)
def recover_generations(run: ScheduledRun) -> None:
    """Take care of work whose worker died or whose retry is due, and of photos that nobody used; measure open prints.

    The steps are independent: one that fails stops no other, and fails the run in the end.
    """
    with ExitStack() as steps:  # the last one first
        steps.callback(uploads.remove_unused, run.due)
        steps.callback(stuck_generations.recover, run.due)
        steps.callback(stuck_generations.watch_prints, run.due)


@bp.schedule("rate(1 day)", name="studio-roll")
@scheduled("studio-roll", lease_seconds=300)
def roll_over_quotas(run: ScheduledRun) -> None:
    """Begin the month of shops that make no images."""
    quota_rollover.roll_over_idle_quotas(run.due)


@bp.on_sqs_message(queue="studio-sync", batch_size=10, name="studio-sync")
@consumes(ProductUpdated)
def sync_product(message: ProductUpdated) -> None:
    """Take over a product's title."""
    products.follow(message)


@bp.on_sqs_message(queue="studio-disable", batch_size=10, name="studio-disable")
@consumes(ProductDeleted)
def disable_product(message: ProductDeleted) -> None:
    """Disable a product that Shopify has no more."""
    products.follow(message)
