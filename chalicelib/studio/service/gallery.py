"""What a merchant sees of the shop's generations and quota."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops.service import parse_shop_domain
from chalicelib.studio.domain import quota
from chalicelib.studio.errors import ShopNotFound
from chalicelib.studio.models import Generation, GenerationStatus
from chalicelib.studio.repository import generation_queries, generations, quotas
from chalicelib.studio.schemas.merchant import GenerationQuery, GenerationRead, QuotaRead, QuotaUpdate, UsageRead
from chalicelib.studio.service import styles

LINK_SECONDS = 300
POPULAR = 10


def list_generations(shop: str, asked: GenerationQuery, page: PageRequest) -> PageResult[GenerationRead]:
    """The shop's generations that are as asked for; newest first."""
    wanted = asked.model_dump(exclude={"limit", "cursor"}, exclude_none=True)
    return generation_queries.list_page(shop, wanted, page).map(shown)


def read_usage(shop: str) -> UsageRead:
    """What the shop has made and stores, and its ten most used styles."""
    popular = [styles.shown(style) for style in styles.most_used(shop, POPULAR)]
    return UsageRead(quota=read_quota(shop), popular_styles=popular)


def change_quota(shop: str, asked: QuotaUpdate) -> QuotaRead:
    """Set a shop's limits, as an operator does; what is in use stays in use. What is not given stays.

    Raises ShopUnknown for what is no shop's domain.
    """
    if parse_shop_domain(shop) != shop:
        raise ShopNotFound
    quotas.limit(shop, asked.model_dump(exclude_unset=True))
    return read_quota(shop)


def get_generation(shop: str, generation: str) -> GenerationRead:
    """One generation. Raises GenerationNotFound."""
    return shown(generations.get(shop, generation))


def read_quota(shop: str) -> QuotaRead:
    """Limits and use as of now: a month that is over counts for nothing, nor does a lease that has run out."""
    now = clock.now()
    state = quota.rolled_over(quotas.state_of(quotas.find(shop)), now)
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


def shown(row: Generation) -> GenerationRead:
    """A generation as the merchant sees it."""
    columns = {name: getattr(row, name) for name in GenerationRead.model_fields if not name.endswith("_url")}
    return GenerationRead(
        **columns, preview_url=_link(row, row.preview_image_url), final_url=_link(row, row.final_image_url)
    )


def _link(row: Generation, url: str | None) -> str | None:
    """A url stands in the row as soon as somebody works on it."""
    if url is None or row.status is not GenerationStatus.COMPLETED:
        return None
    return storage.presigned_get(url, seconds=LINK_SECONDS)
