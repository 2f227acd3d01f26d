"""The studio's own work: looking at photos, making previews and prints, taking care of what got stuck."""

from __future__ import annotations

from contextlib import ExitStack

from chalice.app import Blueprint

from chalicelib.kit.jobs import Run, consumes, scheduled
from chalicelib.shops.schemas.orders import (
    OrderCancelled,
    OrderEdited,
    OrderPaid,
    ProductDeleted,
    ProductUpdated,
    RefundCreated,
)
from chalicelib.studio.schemas.messages import GenerationRequested, PrintRequested, UploadChanged
from chalicelib.studio.service import finals, months, orders, previews, products, recovery, uploads

bp = Blueprint(__name__)


@bp.on_sqs_message(queue="studio-inspect", batch_size=1, name="studio-inspect")
@consumes(UploadChanged)
def inspect(message: UploadChanged) -> None:
    """Look at a photo that was put into the bucket, and count its bytes."""
    uploads.inspect(message)


@bp.on_sqs_message(queue="studio-generate", batch_size=1, name="studio-generate")
@consumes(GenerationRequested)
def generate(message: GenerationRequested) -> None:
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
@consumes(PrintRequested)
def make_print(message: PrintRequested) -> None:
    """Make a final at its print size."""
    finals.make(message.shop, message.generation_id)


@bp.schedule("rate(1 minute)", name="studio-recover")
@scheduled("studio-recover", lease_seconds=60)
def recover(run: Run) -> None:
    """Take care of work whose worker died or whose retry is due, and of photos that nobody used; measure open prints.

    The steps are independent: one that fails stops no other, and fails the run in the end.
    """
    with ExitStack() as steps:  # the last one first
        steps.callback(uploads.remove_unused, run.due)
        steps.callback(recovery.recover, run.due)
        steps.callback(recovery.watch_prints, run.due)


@bp.schedule("rate(1 day)", name="studio-roll")
@scheduled("studio-roll", lease_seconds=300)
def roll(run: Run) -> None:
    """Begin the month of shops that make no images."""
    months.roll_idle(run.due)


@bp.on_sqs_message(queue="studio-sync", batch_size=10, name="studio-sync")
@consumes(ProductUpdated)
def sync(message: ProductUpdated) -> None:
    """Take over a product's title."""
    products.follow(message)


@bp.on_sqs_message(queue="studio-disable", batch_size=10, name="studio-disable")
@consumes(ProductDeleted)
def disable(message: ProductDeleted) -> None:
    """Disable a product that Shopify has no more."""
    products.follow(message)
