"""`/v1/discounts/recommendations`: which discounts would raise the daily margin."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.recommendations import (
    RecommendationAction,
    RecommendationAnswered,
    RecommendationRead,
)
from chalicelib.discounts.service import measurement, recommendations
from chalicelib.discounts.service.auth import Merchant, merchant
from chalicelib.discounts.service.discounts import editor_of
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/discounts/recommendations", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[RecommendationRead])
def list_recommendations(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[RecommendationRead]:
    """List the advice for the shop's SKUs, or the missing evidence. It shows associations, not proof."""
    return recommendations.list_recommendations(call.principal.shop, call.page)


@bp.route("/v1/discounts/recommendations", methods=["POST"])
@endpoint(bp, auth=merchant, body=RecommendationAction, returns=RecommendationAnswered, idempotent="claimed")
def answer_recommendation(call: ApiRequest[Merchant, RecommendationAction]) -> RecommendationAnswered:
    """Accept a recommendation, which creates a paused discount, or dismiss it."""
    answered = recommendations.answer(editor_of(call.principal), call.body)
    if answered.discount_id is not None:
        measurement.note_use(call.principal, "accepted")
    return answered
