"""`/v1/operator/analytics/sites…`: the tenants that are measured, and their keys; a site for its readers."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.analytics.routes.auth import reader
from chalicelib.analytics.schemas.sites import SiteCreate, SiteKeysRead, SiteQuery, SiteRead, SiteSummary, SiteUpdate
from chalicelib.analytics.service import sites
from chalicelib.kit import audit
from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page

bp = Blueprint(__name__)

_NO_VERSION = -1


def _etag_of(body: SiteRead) -> str:
    return str(body.version)


def _expected_version(call: ApiRequest[Any, Any, Any]) -> int:
    """Return the version in If-Match. An invalid ETag matches no version."""
    tag = call.if_match or ""
    return int(tag) if tag.isascii() and tag.isdigit() else _NO_VERSION


@bp.route("/v1/operator/analytics/sites", methods=["GET"])
@endpoint(bp, auth=support, query=SiteQuery, returns=Page[SiteRead])
def list_sites(call: ApiRequest[Account, None, SiteQuery]) -> PageResult[SiteRead]:
    """List the sites of one kind, by tenant."""
    return sites.list_sites(call.query, call.page)


@bp.route("/v1/operator/analytics/sites", methods=["POST"])
@endpoint(bp, auth=operator, body=SiteCreate, returns=SiteKeysRead, status=201, idempotent="joined")
def create_site(call: ApiRequest[Account, SiteCreate]) -> SiteKeysRead:
    """Create a site. Store the secret now: it is not shown again."""
    site = sites.create_site(call.body, call.idempotency)
    audit.publish_operator_action(call.principal, "analytics.create_site", call.body.tenant)
    return site


@bp.route("/v1/analytics/sites/{tenant}", methods=["GET"])
@endpoint(bp, auth=reader, returns=SiteSummary)
def get_site_summary(call: ApiRequest[Account], tenant: str) -> SiteSummary:
    """Return a site's name, time zone and public key, for its readers."""
    return sites.get_summary(tenant)


@bp.route("/v1/operator/analytics/sites/{tenant}", methods=["GET"])
@endpoint(bp, auth=support, returns=SiteRead, etag=_etag_of)
def get_site(call: ApiRequest[Account], tenant: str) -> SiteRead:
    """Return one site."""
    return sites.get_site(tenant)


@bp.route("/v1/operator/analytics/sites/{tenant}", methods=["PATCH"])
@endpoint(bp, auth=operator, body=SiteUpdate, returns=SiteRead, etag=_etag_of)
def update_site(call: ApiRequest[Account, SiteUpdate], tenant: str) -> SiteRead:
    """Change a site's settings; omitted fields stay. They hold for new events within a minute."""
    site = sites.update_site(tenant, call.body, _expected_version(call))
    audit.publish_operator_action(call.principal, "analytics.update_site", tenant)
    return site


@bp.route("/v1/operator/analytics/sites/{tenant}/keys", methods=["POST"])
@endpoint(bp, auth=operator, returns=SiteKeysRead, status=201, etag=_etag_of, idempotent="joined")
def rotate_keys(call: ApiRequest[Account], tenant: str) -> SiteKeysRead:
    """Replace both keys of a site. The previous public key works for 7 days, the previous secret for a minute at most."""
    site = sites.rotate_keys(tenant, _expected_version(call), call.idempotency)
    audit.publish_operator_action(call.principal, "analytics.rotate_keys", tenant)
    return site
