"""`/v1/platform/me…`: the owner's own profile, password, e-mail and deletion."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.accounts import email_changes, password_changes
from chalicelib.kit.accounts.errors import EmailChangePending, InvalidPassword, WrongPassword
from chalicelib.kit.accounts.schemas import AccountDeletion, AccountDeletionRead, EmailChange, PasswordChange
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.http.etags import content_version
from chalicelib.platform.errors import StoresLeft
from chalicelib.platform.routes.cookies import COOKIES
from chalicelib.platform.schemas.accounts import OwnerRead, OwnerUpdate
from chalicelib.platform.service import accounts, profile
from chalicelib.platform.service.auth import Owner, account_owner
from chalicelib.platform.service.realm import REALM

bp = Blueprint(__name__)

_CLOSE_ERRORS = (WrongPassword, StoresLeft)


@bp.route("/v1/platform/me", methods=["GET"])
@endpoint(bp, auth=account_owner, returns=OwnerRead, etag=content_version)
def read_profile(call: ApiRequest[Owner]) -> OwnerRead:
    """Return the caller's profile."""
    return OwnerRead.of(call.principal.user)


@bp.route("/v1/platform/me", methods=["PATCH"])
@endpoint(bp, auth=account_owner, body=OwnerUpdate, returns=OwnerRead, etag=content_version, if_match="optional")
def update_profile(call: ApiRequest[Owner, OwnerUpdate]) -> OwnerRead:
    """Change the given fields of the profile."""
    return profile.update_profile(call.principal, call.body, call.if_match)


@bp.route("/v1/platform/me", methods=["DELETE"])
@endpoint(bp, auth=account_owner, body=AccountDeletion, returns=AccountDeletionRead, status=202, errors=_CLOSE_ERRORS)
def close_owner(call: ApiRequest[Owner, AccountDeletion]) -> AccountDeletionRead:
    """Delete the account, which has no stores: signed out at once, erased after 7 days. Signing in keeps it."""
    return accounts.close_owner(call.principal, call.body.password)


@bp.route("/v1/platform/me/password", methods=["PUT"])
@endpoint(bp, auth=account_owner, body=PasswordChange, status=204, errors=(WrongPassword, InvalidPassword))
def change_password(call: ApiRequest[Owner, PasswordChange]) -> Response:
    """Change the password and sign out every other device. The answer marks this device as known."""
    body = call.body
    token = password_changes.change_password(REALM, call.principal, body.current_password, body.new_password)
    return COOKIES.without_content(call.credentials.headers, token)


@bp.route("/v1/platform/me/email", methods=["POST"])
@endpoint(bp, auth=account_owner, body=EmailChange, status=202, errors=(WrongPassword, EmailChangePending))
def change_email(call: ApiRequest[Owner, EmailChange]) -> None:
    """Send a link to a new address that confirms it."""
    email_changes.request_change(REALM, call.principal, call.body.email, call.body.password)
