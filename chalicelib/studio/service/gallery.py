"""The shop's generations, usage and quota, for merchants and operators."""

from __future__ import annotations

from datetime import datetime

from chalicelib.integrations import storage
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest
from chalicelib.shops.service import parse_shop_domain
from chalicelib.studio.domain import quota
from chalicelib.studio.domain.quota import QuotaState
from chalicelib.studio.errors import ShopNotFound
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType
from chalicelib.studio.repository import generation_queries, generations, quotas
from chalicelib.studio.schemas.merchant import (
    DayRead,
    GenerationQuery,
    GenerationRead,
    GenerationsRead,
    QuotaRead,
    QuotaUpdate,
    UsageRead,
)
from chalicelib.studio.service import styles

LINK_SECONDS = 300
POPULAR = 10


def list_generations(shop: str, query: GenerationQuery, page: PageRequest) -> GenerationsRead:
    """Return a page of the shop's generations that match the query; newest first."""
    filters = query.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    result = generation_queries.list_by_columns(shop, filters, page)
    previews = generations.find_source_previews(result.items)
    return GenerationsRead(
        items=[_to_generation_read(row, previews.get(row.id)) for row in result.items],
        next_cursor=page.cursor(result.last_key),
        searched_back_to=generation_queries.creation_time(result.last_key) if result.last_key else None,
    )


def read_usage(shop: str) -> UsageRead:
    """Return the shop's quota with its use, its previews of the last 30 days, and its ten most used styles."""
    popular_styles = [styles.to_style_read(style) for style in styles.list_most_used_styles(shop, POPULAR)]
    now, state = clock.now(), quotas.quota_state(quotas.get_or_default(shop))
    days = [DayRead(day=day, generations=count) for day, count in quota.images_by_day(state, now)]
    return UsageRead(quota=_to_quota_read(state, now), days=days, popular_styles=popular_styles)


def change_quota(shop: str, body: QuotaUpdate) -> QuotaRead:
    """Set the limits in the body, for an operator; other limits and the current use stay.

    Raises ShopNotFound if `shop` is not a valid shop domain.
    """
    if parse_shop_domain(shop) != shop:
        raise ShopNotFound
    quotas.set_limits(shop, body.model_dump(exclude_unset=True))
    return read_quota(shop)


def get_generation(shop: str, generation: str) -> GenerationRead:
    """Return one generation. Raises GenerationNotFound."""
    return to_generation_read(generations.get(shop, generation))


def read_quota(shop: str) -> QuotaRead:
    """Return limits and use as of now, without past months and expired slots."""
    return _to_quota_read(quotas.quota_state(quotas.get_or_default(shop)), clock.now())


def _to_quota_read(stored: QuotaState, now: datetime) -> QuotaRead:
    state = quota.roll_over(stored, now)
    return QuotaRead(
        monthly_generation_limit=state.monthly_limit,
        current_generations=state.used,
        total_generations=state.total,
        max_concurrent_generations=state.concurrent_limit,
        generations_at_work=sum(until > now for until in state.leases.values()),
        storage_quota_mb=state.storage_limit_mb,
        current_storage_mb=state.storage_mb,
        month=state.month,
    )


def to_generation_read(row: Generation) -> GenerationRead:
    """Return the generation as the merchant API shows it."""
    return _to_generation_read(row, generations.find_source_previews([row]).get(row.id))


def _to_generation_read(row: Generation, source_preview: Generation | None) -> GenerationRead:
    columns = {name: getattr(row, name) for name in GenerationRead.model_fields if not name.endswith("_url")}
    choice = source_preview or row
    file_name = f"print-{row.id}.{(row.final_image_url or '').rpartition('.')[2]}"
    return GenerationRead(
        **columns | {"size_id": choice.size_id, "crop": choice.crop},
        preview_url=_link(row, row.preview_image_url),
        thumbnail_url=_thumbnail_link(row if row.generation_type is GenerationType.PREVIEW else source_preview),
        final_url=_link(row, row.final_image_url),
        final_download_url=_link(row, row.final_image_url, file_name),
    )


def _thumbnail_link(preview: Generation | None) -> str | None:
    return _link(preview, preview.preview_image_url) if preview else None


def _link(row: Generation, url: str | None, download_name: str | None = None) -> str | None:
    """Return a link to a completed image; the row has its URL before the object exists."""
    if url is None or row.status is not GenerationStatus.COMPLETED:
        return None
    return storage.presigned_get(url, seconds=LINK_SECONDS, download_name=download_name)
