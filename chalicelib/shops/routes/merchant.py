"""Endpoints of merchants, below `/v1/shops/me`, with a Shopify session token."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery
from chalicelib.shops.schemas.merchant import (
    InstallationRead,
    SettingsRead,
    SettingsUpdate,
    SettingsVersionRead,
    ShopRead,
)
from chalicelib.shops.service import settings, shops
from chalicelib.shops.service.auth import Merchant, merchant

bp = Blueprint(__name__)


@bp.route("/v1/shops/me", methods=["GET"])
@endpoint(bp, auth=merchant, returns=ShopRead)
def read_shop(call: ApiRequest[Merchant]) -> ShopRead:
    """Return the caller's shop."""
    return shops.read_shop(call.principal)


@bp.route("/v1/shops/me/history", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[InstallationRead])
def list_installations(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[InstallationRead]:
    """Return the app's installs and uninstalls, newest first."""
    return shops.list_installations(call.principal, call.page)


@bp.route("/v1/shops/me/settings", methods=["GET"])
@endpoint(bp, auth=merchant, returns=SettingsRead, etag=lambda read: str(read.version))
def read_settings(call: ApiRequest[Merchant]) -> SettingsRead:
    """Return the app's settings in this shop."""
    return settings.read_settings(call.principal)


@bp.route("/v1/shops/me/settings", methods=["PUT"])
@endpoint(bp, auth=merchant, body=SettingsUpdate, returns=SettingsRead, etag=lambda read: str(read.version))
def change_settings(call: ApiRequest[Merchant, SettingsUpdate]) -> SettingsRead:
    """Replace the app's settings in this shop, at most 64 KB; unknown keys are stored as sent."""
    return settings.change_settings(call.principal, call.body.settings, call.if_match or "")


@bp.route("/v1/shops/me/settings/history", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[SettingsVersionRead])
def list_settings_versions(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[SettingsVersionRead]:
    """Return the settings versions saved within a year, newest first."""
    return settings.list_settings_versions(call.principal, call.page)
