"""Tables of shoppers' images: uploads, generations, quotas, orders."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pynamodb.indexes import AllProjection, GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    BooleanAttribute,
    DateTimeAttribute,
    DecimalAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table


class UploadStatus(StrEnum):
    AWAITING = "awaiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DELETED = "deleted"


class GenerationType(StrEnum):
    PREVIEW = "preview"
    FINAL = "final"


class GenerationStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class UpscaleStatus(StrEnum):
    NOT_NEEDED = "not_needed"
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class UploadsByUnused(GlobalSecondaryIndex["Upload"]):
    """Uploads that no generation uses, oldest first. Sparse: the first use removes the attribute."""

    class Meta:
        index_name = "by_unused"
        projection = AllProjection()

    unused = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class UploadsByShop(GlobalSecondaryIndex["Upload"]):
    """A shop's uploads by time, for erasure."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByShop(GlobalSecondaryIndex["Generation"]):
    """A shop's generations by time."""

    class Meta:
        index_name = "by_shop"
        projection = AllProjection()

    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByOrder(GlobalSecondaryIndex["Generation"]):
    """The finals of an order."""

    class Meta:
        index_name = "by_order"
        projection = AllProjection()

    order_id = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByStatus(GlobalSecondaryIndex["Generation"]):
    """A shop's generations of one status."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    shop_status = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByUpscaleStatus(GlobalSecondaryIndex["Generation"]):
    """A shop's generations of one upscale status."""

    class Meta:
        index_name = "by_upscale_status"
        projection = AllProjection()

    shop_upscale_status = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByProduct(GlobalSecondaryIndex["Generation"]):
    """The generations of a product."""

    class Meta:
        index_name = "by_product"
        projection = AllProjection()

    product_id = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByStyle(GlobalSecondaryIndex["Generation"]):
    """The generations of a style."""

    class Meta:
        index_name = "by_style"
        projection = AllProjection()

    ai_style_id = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByCustomer(GlobalSecondaryIndex["Generation"]):
    """The generations of a customer. Guests' generations are not listed."""

    class Meta:
        index_name = "by_customer"
        projection = AllProjection()

    customer_id = UnicodeAttribute(personal=True, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class GenerationsByOpenWork(GlobalSecondaryIndex["Generation"]):
    """Unfinished work by the end of its lease. Sparse: the end of the work removes the attribute."""

    class Meta:
        index_name = "by_open_work"
        projection = AllProjection()

    open_work = UnicodeAttribute(personal=False, hash_key=True)
    lease_until = DateTimeAttribute(personal=False, range_key=True)


class QuotasByMonth(GlobalSecondaryIndex["Quota"]):
    """The quotas that count one month."""

    class Meta:
        index_name = "by_last_reset_date"
        projection = KeysOnlyProjection()

    last_reset_date = DateTimeAttribute(personal=False, hash_key=True)
    shop_id = UnicodeAttribute(personal=True, range_key=True)


class Quota(Table):
    """A shop's limits and use. `leases` and `version` enforce the limit of concurrent work."""

    class Meta:
        table_name = tables.name("studio", "quotas")

    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    monthly_generation_limit = IntegerAttribute(personal=False, default=500)
    storage_quota_mb = IntegerAttribute(personal=False, default=1000)
    max_concurrent_generations = IntegerAttribute(personal=False, default=3)
    current_generations = IntegerAttribute(personal=False, default=0)
    current_storage_mb = DecimalAttribute(personal=False, default=Decimal(0))
    visitor_limits = JsonAttribute(personal=False, null=True)
    """The merchant's limits per visitor on uploads and previews; None means the defaults."""
    leases = JsonAttribute(personal=False, default=dict)
    daily_generations = JsonAttribute(personal=False, default=list)
    """The newest day with images, then the images of that day and of the days before it, at most 30."""
    version = IntegerAttribute(personal=False, default=0)
    last_reset_date = DateTimeAttribute(personal=False)
    total_generations = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    by_last_reset_date = QuotasByMonth()


class Upload(Table):
    """A shopper's photo: its inspection, owner and counted bytes."""

    class Meta:
        table_name = tables.name("studio", "uploads")

    id = UnicodeAttribute(personal=False, hash_key=True)
    shop_id = UnicodeAttribute(personal=True)
    customer_id = UnicodeAttribute(personal=True, null=True)
    object_key = UnicodeAttribute(personal=True)
    accepted_key = UnicodeAttribute(personal=True, null=True)
    """The object key of the accepted bytes; no upload form can write it."""
    status = EnumAttribute(UploadStatus, personal=False)
    reject_reason = UnicodeAttribute(personal=False, null=True)
    byte_count = IntegerAttribute(personal=False, null=True)
    width = IntegerAttribute(personal=False, null=True)
    height = IntegerAttribute(personal=False, null=True)
    sequencer = UnicodeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    expires_epoch = ExpiryAttribute(personal=False, null=True)
    unused = UnicodeAttribute(personal=False, null=True)
    """Set while no generation uses the photo, so that it may be deleted."""
    by_unused = UploadsByUnused()
    by_shop = UploadsByShop()


class Generation(Table):
    """One image: a preview, or the final made for a paid order line. `open_work` and `lease_until` are set while it is in progress."""

    class Meta:
        table_name = tables.name("studio", "generations")

    id = UnicodeAttribute(personal=False, hash_key=True)
    shop_id = UnicodeAttribute(personal=True)
    product_id = UnicodeAttribute(personal=False)
    ai_style_id = UnicodeAttribute(personal=False)
    order_id = UnicodeAttribute(personal=True, null=True)
    line_item_id = UnicodeAttribute(personal=True, null=True)
    source_generation_id = UnicodeAttribute(personal=False, null=True)
    product_base_variant_id = UnicodeAttribute(personal=False, null=True)
    shopify_variant_id = UnicodeAttribute(personal=False, null=True)
    """The ordered variant: it determines a final's print size."""
    customer_id = UnicodeAttribute(personal=True, null=True)
    """A preview's shopper; a final's order's customer."""
    preview_customer_id = UnicodeAttribute(personal=True, null=True)
    """The shopper of a final's preview, if known; not always the order's customer."""
    input_image_url = UnicodeAttribute(personal=True)
    size_id = UnicodeAttribute(personal=False, null=True)
    """The print size that the shopper chose for a preview."""
    crop = JsonAttribute(personal=False, null=True)
    """The part of the upright photo that the shopper chose: `left`, `top`, `width`, `height` as fractions (0 to 1)."""
    unmarked_image_url = UnicodeAttribute(personal=True, null=True)
    """The model's picture without watermark, the source of the final; never shown to the shopper."""
    is_watermarked = BooleanAttribute(personal=False, null=True)
    preview_image_url = UnicodeAttribute(personal=True, null=True)
    final_image_url = UnicodeAttribute(personal=True, null=True)
    byte_count = IntegerAttribute(personal=False, null=True)
    """Bytes of the image and of a preview's unmarked picture, as counted in the storage quota."""
    generation_type = EnumAttribute(GenerationType, personal=False)
    status = EnumAttribute(GenerationStatus, personal=False, default=GenerationStatus.PENDING)
    ai_prompt_used = UnicodeAttribute(personal=True)
    error_message = UnicodeAttribute(personal=True, null=True)
    hold_reason = UnicodeAttribute(personal=False, null=True)
    """Why a final is held until the merchant accepts its crop; None if it is not held."""
    processing_time_ms = IntegerAttribute(personal=False, null=True)
    ai_model_used = UnicodeAttribute(personal=False, null=True)
    generation_params = JsonAttribute(personal=True, null=True)
    upscale_status = EnumAttribute(UpscaleStatus, personal=False, default=UpscaleStatus.NOT_NEEDED)
    upscale_factor = DecimalAttribute(personal=False, null=True)
    original_width = IntegerAttribute(personal=False, null=True)
    original_height = IntegerAttribute(personal=False, null=True)
    final_width = IntegerAttribute(personal=False, null=True)
    final_height = IntegerAttribute(personal=False, null=True)
    upscale_started_at = DateTimeAttribute(personal=False, null=True)
    upscale_completed_at = DateTimeAttribute(personal=False, null=True)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    open_work = UnicodeAttribute(personal=False, null=True)
    lease_until = DateTimeAttribute(personal=False, null=True)
    attempts = IntegerAttribute(personal=False, default=0)
    answered = IntegerAttribute(personal=False, default=0)
    """Attempts that a provider answered with a job; they do not count as failed."""
    deaths = IntegerAttribute(personal=False, default=0)
    """Attempts whose worker crashed."""
    provider_job = UnicodeAttribute(personal=False, null=True)
    """The id of the image provider's job."""
    provider_job_at = DateTimeAttribute(personal=False, null=True)
    """When the provider accepted the job."""
    jobs_lost = IntegerAttribute(personal=False, default=0)
    """Provider jobs without an image; the next job gets a new reference."""
    awaits = BooleanAttribute(personal=False, null=True)
    """Set while the work waits for the provider's callback, or the end of the lease."""
    requested_at = DateTimeAttribute(personal=False, null=True)
    """When a final's order, or the last remake, requested it."""
    retries = IntegerAttribute(personal=False, default=0)
    """Failed attempts at a final since `requested_at`."""
    next_attempt_at = DateTimeAttribute(personal=False, null=True)
    """Set while a final waits after a failed attempt; no worker starts it before."""
    shop_status = UnicodeAttribute(personal=True, null=True)
    """`<shop_id>#<status>`."""
    shop_upscale_status = UnicodeAttribute(personal=True, null=True)
    """`<shop_id>#<upscale_status>`."""
    by_shop = GenerationsByShop()
    by_order = GenerationsByOrder()
    by_status = GenerationsByStatus()
    by_upscale_status = GenerationsByUpscaleStatus()
    by_product = GenerationsByProduct()
    by_style = GenerationsByStyle()
    by_customer = GenerationsByCustomer()
    by_open_work = GenerationsByOpenWork()


class Order(Table):
    """An order with AI images in it, or with a refund of lines whose properties are unknown.

    `facts` are the `OrderFacts` of `fulfillment`; `version` is their optimistic lock.
    """

    class Meta:
        table_name = tables.name("studio", "orders")

    shop_id = UnicodeAttribute(personal=True, hash_key=True)
    shopify_order_id = UnicodeAttribute(personal=True, range_key=True)
    customer_id = UnicodeAttribute(personal=True, null=True)
    order_number = UnicodeAttribute(personal=True, null=True)
    total_price = DecimalAttribute(personal=True, null=True)
    status = UnicodeAttribute(personal=False, null=True)
    facts = JsonAttribute(personal=True, null=True)
    told_at = DateTimeAttribute(personal=False, null=True)
    """The trigger time of the newest message, which sets price and number."""
    version = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
