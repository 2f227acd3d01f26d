"""`/v1/analytics/sites/{tenant}/campaigns`: e-mail campaigns and their results."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import manager, reader
from chalicelib.analytics.schemas.campaigns import CampaignCreate, CampaignRead
from chalicelib.analytics.service import campaigns
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, Role
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/analytics/sites/{tenant}/campaigns", methods=["GET"])
@endpoint(bp, auth=reader, query=PageQuery, returns=Page[CampaignRead])
def list_campaigns(call: ApiRequest[Account, None, PageQuery], tenant: str) -> PageResult[CampaignRead]:
    """List a site's campaigns, the latest first. Results are computed each night for 37 days."""
    return campaigns.list_campaigns(tenant, call.page)


@bp.route("/v1/analytics/sites/{tenant}/campaigns", methods=["POST"])
@endpoint(bp, auth=manager, body=CampaignCreate, returns=CampaignRead, status=201, idempotent="joined")
def create_campaign(call: ApiRequest[Account, CampaignCreate], tenant: str) -> CampaignRead:
    """Create a campaign. Send its e-mails with the tags `tenant` and `campaign_id`, and `user_id` if there is one."""
    campaign = campaigns.create_campaign(tenant, call.body, call.idempotency)
    if call.principal.role is Role.OPERATOR:
        audit.publish_operator_action(call.principal, "analytics.create_campaign", tenant)
    return campaign
