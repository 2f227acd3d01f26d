"""`/v1/together/me…`: the member's own profile, password, e-mail and deletion."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.accounts.errors import EmailChangePending, InvalidPassword, WrongPassword
from chalicelib.kit.accounts.schemas import AccountDeletion, AccountDeletionRead, EmailChange, PasswordChange
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.http.etags import content_version
from chalicelib.together.routes.cookies import COOKIES
from chalicelib.together.schemas.profile import ProfileRead, ProfileUpdate
from chalicelib.together.service import account_deletion, email_changes, password_changes, profile
from chalicelib.together.service.auth import Member, member

bp = Blueprint(__name__)


@bp.route("/v1/together/me", methods=["GET"])
@endpoint(bp, auth=member, returns=ProfileRead, etag=content_version)
def read_profile(call: ApiRequest[Member]) -> ProfileRead:
    """Return the caller's profile."""
    return ProfileRead.of(call.principal.user)


@bp.route("/v1/together/me", methods=["PATCH"])
@endpoint(bp, auth=member, body=ProfileUpdate, returns=ProfileRead, etag=content_version, if_match="optional")
def update_profile(call: ApiRequest[Member, ProfileUpdate]) -> ProfileRead:
    """Change the given fields of the profile."""
    return profile.update_profile(call.principal, call.body, call.if_match)


@bp.route("/v1/together/me", methods=["DELETE"])
@endpoint(bp, auth=member, body=AccountDeletion, returns=AccountDeletionRead, status=202, errors=(WrongPassword,))
def close_account(call: ApiRequest[Member, AccountDeletion]) -> AccountDeletionRead:
    """Delete the account: signed out and out of the relationship at once, erased after 7 days. Signing in keeps it."""
    return account_deletion.close_account(call.principal, call.body.password)


@bp.route("/v1/together/me/password", methods=["PUT"])
@endpoint(bp, auth=member, body=PasswordChange, status=204, errors=(WrongPassword, InvalidPassword))
def change_password(call: ApiRequest[Member, PasswordChange]) -> Response:
    """Change the password and sign out every other device. The answer marks this device as known."""
    body = call.body
    device_token = password_changes.change_password(call.principal, body.current_password, body.new_password)
    return COOKIES.without_content(call.credentials.headers, device_token)


@bp.route("/v1/together/me/email", methods=["POST"])
@endpoint(bp, auth=member, body=EmailChange, status=202, errors=(WrongPassword, EmailChangePending))
def change_email(call: ApiRequest[Member, EmailChange]) -> None:
    """Send a link to a new address that confirms it."""
    email_changes.request_change(call.principal, call.body.email, call.body.password)
