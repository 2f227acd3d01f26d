"""`/v1/platform/accounts…`: sign-up of owners, verification, reset of a password, confirmation of an e-mail; no sign-in."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.accounts import email_changes, password_changes, sign_up
from chalicelib.kit.accounts.errors import EmailTaken, InvalidCredentials, InvalidLink, InvalidPassword
from chalicelib.kit.accounts.schemas import AccountVerification, EmailConfirmation, PasswordReset, PasswordResetCreate
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.platform.errors import SignUpClosed
from chalicelib.platform.routes.cookies import COOKIES
from chalicelib.platform.schemas.accounts import OwnerCreate
from chalicelib.platform.service import accounts
from chalicelib.platform.service.realm import REALM

bp = Blueprint(__name__)


@bp.route("/v1/platform/accounts", methods=["POST"])
@endpoint(bp, body=OwnerCreate, status=202, errors=(InvalidPassword, SignUpClosed))
def sign_up_owner(call: ApiRequest[None, OwnerCreate]) -> None:
    """Create an owner's account, and mail a link to the address that verifies it."""
    accounts.sign_up_owner(call.body, call.credentials.source_ip)


@bp.route("/v1/platform/accounts/verify", methods=["POST"])
@endpoint(bp, body=AccountVerification, status=204, errors=(InvalidLink, InvalidCredentials))
def verify_owner(call: ApiRequest[None, AccountVerification]) -> None:
    """Verify an account by the link of its mail and its password."""
    sign_up.verify_account(REALM, call.body.token, call.body.password, call.credentials.source_ip)


@bp.route("/v1/platform/accounts/email", methods=["POST"])
@endpoint(bp, body=EmailConfirmation, status=204, errors=(InvalidLink, EmailTaken))
def confirm_owner_email(call: ApiRequest[None, EmailConfirmation]) -> None:
    """Confirm a change of the e-mail, or undo it, by the link of a mail."""
    email_changes.apply_link(REALM, call.body.token)


@bp.route("/v1/platform/accounts/reset", methods=["POST"])
@endpoint(bp, body=PasswordResetCreate, status=202)
def request_password_reset(call: ApiRequest[None, PasswordResetCreate]) -> None:
    """Send a mail with a link that sets a new password, if the address has an account of an owner or of staff."""
    password_changes.request_reset(REALM, call.body.email, call.credentials.source_ip)


@bp.route("/v1/platform/accounts/reset", methods=["PUT"])
@endpoint(bp, body=PasswordReset, status=204, errors=(InvalidLink, InvalidPassword))
def reset_password(call: ApiRequest[None, PasswordReset]) -> Response:
    """Set a new password by the link of a mail, and end all sessions.

    The answer marks the device as known: by a cookie with the header `X-Backroom`, else by the header `Device-Token`.
    """
    device_token = password_changes.reset_password(REALM, call.body.token, call.body.password)
    return COOKIES.without_content(call.credentials.headers, device_token)
