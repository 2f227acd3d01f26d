"""Recommendations: computed weekly at a shop's day close, accepted or dismissed by the merchant."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.discounts.domain.demand import WINDOW_DAYS, SalesDay
from chalicelib.discounts.domain.discount_terms import plain
from chalicelib.discounts.domain.recommendation import Advice, advise
from chalicelib.discounts.enums import RecommendationStatus, ValueType
from chalicelib.discounts.errors import NothingAdvised
from chalicelib.discounts.models import APP, Recommendation
from chalicelib.discounts.repository import recommendations
from chalicelib.discounts.schemas.discounts import DiscountCreate
from chalicelib.discounts.schemas.recommendations import (
    RecommendationAction,
    RecommendationAnswer,
    RecommendationAnswered,
    RecommendationRead,
)
from chalicelib.discounts.service import discounts
from chalicelib.discounts.service.discounts import Editor
from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops.service import find_locale

MAX_SKUS = 2_000
"""SKUs that a run computes, those with the most units: about 10 ms and 4 read units each, within the job's time."""
_SUNDAY = 6


def compute_weekly(shop: str, day: date) -> None:
    """Compute the shop's recommendations when its Sunday closes; `day` is the day that ended."""
    if day.weekday() == _SUNDAY:
        compute_recommendations(shop, day + timedelta(days=1))


def compute_recommendations(shop: str, today: date) -> None:
    """Compute and store the recommendations for the SKUs that sold in the window before `today`.

    A dismissal stays while the advised rate is the same.
    """
    dismissed: dict[tuple[str, Decimal | None], datetime | None] = {
        (row.sku, row.advised_percentage): row.dismissed_at
        for row in recommendations.iterate_by_shop(shop)
        if row.dismissed_at is not None
    }
    now = clock.now()
    rows = []
    for sku, advice in advise(_histories(shop, today), today).items():
        row = _row(shop, sku, advice)
        row.dismissed_at = dismissed.get((sku, advice.advised_percentage))
        row.computed_at, row.expires_epoch = now, now + Recommendation.KEEP
        rows.append(row)
    recommendations.put_all(rows)


def list_recommendations(shop: str, page: PageRequest) -> PageResult[RecommendationRead]:
    """Return a page of the shop's recommendations by SKU."""
    return recommendations.list_by_shop(shop, page).map(RecommendationRead.of)


def answer(editor: Editor, body: RecommendationAction) -> RecommendationAnswered:
    """Accept or dismiss a recommendation. Accepting it creates a paused discount of the advised rate.

    Raises RecommendationNotFound, NothingAdvised, and the errors of `add_discount`; NameTaken if it was accepted today.
    """
    row = recommendations.get(editor.shop, body.sku)
    if body.action is RecommendationAnswer.DISMISS:
        now = clock.now()
        recommendations.dismiss(row, now)
        row.dismissed_at = now
        return RecommendationAnswered(recommendation=RecommendationRead.of(row))
    if row.status is not RecommendationStatus.ADVISED or not row.advised_percentage:
        raise NothingAdvised
    rate = plain(row.advised_percentage)
    title = f"{body.sku[:200]}: {rate} % ({clock.now():%Y-%m-%d})"
    draft = DiscountCreate(
        title=title,
        value_type=ValueType.PERCENTAGE,
        value=row.advised_percentage,
        skus=[body.sku],
        is_active=False,
    )
    created = discounts.add_discount(editor, draft, None)
    return RecommendationAnswered(recommendation=RecommendationRead.of(row), discount_id=created.discount_id)


def _histories(shop: str, today: date) -> Iterator[tuple[str, list[SalesDay]]]:
    since = clock.now() - timedelta(days=WINDOW_DAYS)
    sold = recommendations.iterate_sold_skus(shop, since, find_locale(shop, APP).currency)
    best_sellers = heapq.nlargest(MAX_SKUS, sold, key=lambda each: each[1])
    for sku, _ in best_sellers:
        yield sku, recommendations.list_sales_days(shop, sku, today, WINDOW_DAYS)


def _row(shop: str, sku: str, advice: Advice) -> Recommendation:
    return Recommendation(
        shop,
        sku,
        status=advice.status,
        missing=[str(each) for each in advice.missing] or None,
        elasticity=advice.elasticity,
        interval=_texts(advice.interval),
        own_estimate=advice.own_estimate,
        objective=advice.objective,
        advised_percentage=advice.advised_percentage,
        gain_per_day=_texts(advice.gain_per_day),
    )


def _texts(values: tuple[object, ...] | None) -> list[str] | None:
    return None if values is None else [str(value) for value in values]
