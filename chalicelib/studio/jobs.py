"""Queue consumers and schedules of the studio."""

from __future__ import annotations

from functools import partial

from chalice.app import Blueprint

from chalicelib.kit.jobs import ScheduledRun, consumes, scheduled
from chalicelib.kit.steps import run_all
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


@bp.on_sqs_message(queue="studio-inspect_upload", batch_size=1, name="studio-inspect_upload")
# maximum_concurrency: a preview waits for its photo's inspection, which takes a second or two
@consumes(UploadChanged, maximum_concurrency=10)
def inspect_upload(message: UploadChanged) -> None:
    """Inspect a photo in the bucket and count its bytes."""
    uploads.inspect_upload(message)


@bp.on_sqs_message(queue="studio-generate_preview", batch_size=1, name="studio-generate_preview")
# maximum_concurrency: shoppers wait for their previews; the image model takes up to a minute
@consumes(GenerationRequested, maximum_concurrency=50)
def generate_preview(message: GenerationRequested) -> None:
    """Generate a preview."""
    previews.make_preview(message.shop, message.generation_id)


@bp.on_sqs_message(queue="studio-apply_order_change", batch_size=5, name="studio-apply_order_change")
# maximum_concurrency: orders come in bursts at a sale
@consumes(OrderPaid, OrderEdited, OrderCancelled, RefundCreated, maximum_concurrency=5)
def apply_order_change(message: OrderPaid | OrderEdited | OrderCancelled | RefundCreated) -> None:
    """Create or skip finals after an order is paid, edited, canceled or refunded."""
    orders.apply_order_change(message)


@bp.on_sqs_message(queue="studio-make_final", batch_size=1, name="studio-make_final")
# maximum_concurrency: its reserved concurrency; more batches would be throttled
@consumes(FinalRequested, maximum_concurrency=10)
def make_final(message: FinalRequested) -> None:
    """Generate a final at its print size."""
    finals.make_final(message.shop, message.generation_id)


@bp.schedule("rate(1 minute)", name="studio-recover_generations")
@scheduled("studio-recover_generations", lease_seconds=60, formerly="studio-recover")
def recover_generations(run: ScheduledRun) -> None:
    """Measure open finals, recover work whose worker crashed or whose retry is due, and delete unused photos.

    The steps are independent: if one fails, the others still run, and the run fails at the end.
    """
    run_all(
        partial(stuck_generations.measure_open_finals, run.due),
        partial(stuck_generations.recover_generations, run.due),
        partial(uploads.remove_unused_uploads, run.due),
    )


@bp.schedule("rate(1 day)", name="studio-roll_over_quotas")
@scheduled("studio-roll_over_quotas", lease_seconds=300, formerly="studio-roll")
def roll_over_quotas(run: ScheduledRun) -> None:
    """Roll over the monthly quotas of shops that make no images."""
    quota_rollover.roll_over_idle_quotas(run.due)


@bp.on_sqs_message(queue="studio-sync_product", batch_size=10, name="studio-sync_product")
@consumes(ProductUpdated)
def sync_product(message: ProductUpdated) -> None:
    """Copy a product's new title."""
    products.sync_product(message)


@bp.on_sqs_message(queue="studio-disable_product", batch_size=10, name="studio-disable_product")
@consumes(ProductDeleted)
def disable_product(message: ProductDeleted) -> None:
    """Disable a product that was deleted at Shopify."""
    products.sync_product(message)
