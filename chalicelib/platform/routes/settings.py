"""`/v1/operator/platform/settings/…`: the settings of the platform, for operators and support."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.kit.auth import Account, operator, support
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.schemas.settings import SettingPut, SettingRead
from chalicelib.platform.service import settings

bp = Blueprint(__name__)


def _version_of(read: SettingRead) -> str:
    return str(read.version)


@bp.route("/v1/operator/platform/settings/{name}", methods=["GET"])
@endpoint(bp, auth=support, returns=SettingRead, etag=_version_of)
def get_setting(call: ApiRequest[Account], name: str) -> SettingRead:
    """Return a setting: `shared_servers`, `allowed_hosts`, `sign_up`, `deletion_grace_days` or `maintenance`."""
    return settings.get_setting(name)


@bp.route("/v1/operator/platform/settings/{name}", methods=["PUT"])
@endpoint(bp, auth=operator, body=SettingPut, returns=SettingRead, etag=_version_of)
def put_setting(call: ApiRequest[Account, SettingPut], name: str) -> SettingRead:
    """Store a setting in place of the version that `If-Match` names. The change is audited."""
    return settings.put_setting(call.principal, name, call.body.value, call.if_match or "")
