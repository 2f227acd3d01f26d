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

    unused = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class UploadsByShop(GlobalSecondaryIndex["Upload"]):
    """A shop's uploads by time, for erasure."""

    class Meta:
        index_name = "by_shop"
        projection = KeysOnlyProjection()

    shop_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByShop(GlobalSecondaryIndex["Generation"]):
    """A shop's generations by time."""

    class Meta:
        index_name = "by_shop"
        projection = AllProjection()

    shop_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByOrder(GlobalSecondaryIndex["Generation"]):
    """The finals of an order."""

    class Meta:
        index_name = "by_order"
        projection = AllProjection()

    order_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByStatus(GlobalSecondaryIndex["Generation"]):
    """A shop's generations of one status."""

    class Meta:
        index_name = "by_status"
        projection = AllProjection()

    shop_status = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByUpscaleStatus(GlobalSecondaryIndex["Generation"]):
    """A shop's generations of one upscale status."""

    class Meta:
        index_name = "by_upscale_status"
        projection = AllProjection()

    shop_upscale_status = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByProduct(GlobalSecondaryIndex["Generation"]):
    """The generations of a product."""

    class Meta:
        index_name = "by_product"
        projection = AllProjection()

    product_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByStyle(GlobalSecondaryIndex["Generation"]):
    """The generations of a style."""

    class Meta:
        index_name = "by_style"
        projection = AllProjection()

    ai_style_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByCustomer(GlobalSecondaryIndex["Generation"]):
    """The generations of a customer. Guests' generations are not listed."""

    class Meta:
        index_name = "by_customer"
        projection = AllProjection()

    customer_id = UnicodeAttribute(hash_key=True)
    created_at = DateTimeAttribute(range_key=True)


class GenerationsByOpenWork(GlobalSecondaryIndex["Generation"]):
    """Unfinished work by the end of its lease. Sparse: the end of the work removes the attribute."""

    class Meta:
        index_name = "by_open_work"
        projection = AllProjection()

    open_work = UnicodeAttribute(hash_key=True)
    lease_until = DateTimeAttribute(range_key=True)


class QuotasByMonth(GlobalSecondaryIndex["Quota"]):
    """The quotas that count one month."""

    class Meta:
        index_name = "by_last_reset_date"
        projection = KeysOnlyProjection()

    last_reset_date = DateTimeAttribute(hash_key=True)
    shop_id = UnicodeAttribute(range_key=True)


class Quota(Table):
    """A shop's limits and use. `leases` and `version` enforce the limit of concurrent work."""

    class Meta:
        table_name = tables.name("studio", "quotas")

    shop_id = UnicodeAttribute(hash_key=True)
    monthly_generation_limit = IntegerAttribute(default=500)
    storage_quota_mb = IntegerAttribute(default=1000)
    max_concurrent_generations = IntegerAttribute(default=3)
    current_generations = IntegerAttribute(default=0)
    current_storage_mb = DecimalAttribute(default=Decimal(0))
    leases = JsonAttribute(default=dict)
    daily_generations = JsonAttribute(default=list)
    """The newest day with images, then the images of that day and of the days before it, at most 30."""
    version = IntegerAttribute(default=0)
    last_reset_date = DateTimeAttribute()
    total_generations = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
    by_last_reset_date = QuotasByMonth()


class Upload(Table):
    """A shopper's photo: its inspection, owner and counted bytes."""

    class Meta:
        table_name = tables.name("studio", "uploads")

    id = UnicodeAttribute(hash_key=True)
    shop_id = UnicodeAttribute()
    customer_id = UnicodeAttribute(null=True)
    object_key = UnicodeAttribute()
    status = EnumAttribute(UploadStatus)
    reject_reason = UnicodeAttribute(null=True)
    byte_count = IntegerAttribute(null=True)
    width = IntegerAttribute(null=True)
    height = IntegerAttribute(null=True)
    sequencer = UnicodeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
    expires_epoch = ExpiryAttribute(null=True)
    unused = UnicodeAttribute(null=True)
    """Set while no generation uses the photo, so that it may be deleted."""
    by_unused = UploadsByUnused()
    by_shop = UploadsByShop()


class Generation(Table):
    """One image: a preview, or the final made for a paid order line. `open_work` and `lease_until` are set while it is in progress."""

    class Meta:
        table_name = tables.name("studio", "generations")

    id = UnicodeAttribute(hash_key=True)
    shop_id = UnicodeAttribute()
    product_id = UnicodeAttribute()
    ai_style_id = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    line_item_id = UnicodeAttribute(null=True)
    source_generation_id = UnicodeAttribute(null=True)
    product_base_variant_id = UnicodeAttribute(null=True)
    shopify_variant_id = UnicodeAttribute(null=True)
    """The ordered variant: it determines a final's print size."""
    customer_id = UnicodeAttribute(null=True)
    """A preview's shopper; a final's order's customer."""
    preview_customer_id = UnicodeAttribute(null=True)
    """The shopper of a final's preview, if known; not always the order's customer."""
    input_image_url = UnicodeAttribute()
    preview_image_url = UnicodeAttribute(null=True)
    final_image_url = UnicodeAttribute(null=True)
    byte_count = IntegerAttribute(null=True)
    """Size of the image, as counted in the storage quota."""
    generation_type = EnumAttribute(GenerationType)
    status = EnumAttribute(GenerationStatus, default=GenerationStatus.PENDING)
    ai_prompt_used = UnicodeAttribute()
    error_message = UnicodeAttribute(null=True)
    processing_time_ms = IntegerAttribute(null=True)
    ai_model_used = UnicodeAttribute(null=True)
    generation_params = JsonAttribute(null=True)
    upscale_status = EnumAttribute(UpscaleStatus, default=UpscaleStatus.NOT_NEEDED)
    upscale_factor = DecimalAttribute(null=True)
    original_width = IntegerAttribute(null=True)
    original_height = IntegerAttribute(null=True)
    final_width = IntegerAttribute(null=True)
    final_height = IntegerAttribute(null=True)
    upscale_started_at = DateTimeAttribute(null=True)
    upscale_completed_at = DateTimeAttribute(null=True)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
    open_work = UnicodeAttribute(null=True)
    lease_until = DateTimeAttribute(null=True)
    attempts = IntegerAttribute(default=0)
    answered = IntegerAttribute(default=0)
    """Attempts that a provider answered with a job; they do not count as failed."""
    deaths = IntegerAttribute(default=0)
    """Attempts whose worker died."""
    provider_job = UnicodeAttribute(null=True)
    """The id of the image provider's job."""
    provider_job_at = DateTimeAttribute(null=True)
    """When the provider accepted the job."""
    jobs_lost = IntegerAttribute(default=0)
    """Provider jobs without an image; the next job gets a new reference."""
    awaits = BooleanAttribute(null=True)
    """Set while the work waits for the provider's callback, or the end of the lease."""
    requested_at = DateTimeAttribute(null=True)
    """When a final's order, or the last remake, requested it."""
    retries = IntegerAttribute(default=0)
    """Failed attempts at a final since `requested_at`."""
    next_attempt_at = DateTimeAttribute(null=True)
    """Set while a final waits after a failed attempt; no worker starts it before."""
    shop_status = UnicodeAttribute(null=True)
    """`<shop_id>#<status>`."""
    shop_upscale_status = UnicodeAttribute(null=True)
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
    """An order with AI images in it. `facts` are the `OrderFacts` of `fulfillment`; `version` is their optimistic lock."""

    class Meta:
        table_name = tables.name("studio", "orders")

    shop_id = UnicodeAttribute(hash_key=True)
    shopify_order_id = UnicodeAttribute(range_key=True)
    customer_id = UnicodeAttribute(null=True)
    order_number = UnicodeAttribute(null=True)
    total_price = DecimalAttribute(null=True)
    status = UnicodeAttribute(null=True)
    facts = JsonAttribute(null=True)
    told_at = DateTimeAttribute(null=True)
    """The trigger time of the newest message, which sets price and number."""
    version = IntegerAttribute(default=0)
    created_at = DateTimeAttribute()
    updated_at = DateTimeAttribute()
