"""`/v1/together/accounts…`: sign-up, verification, reset of the password, confirmation of an e-mail; without sign-in."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit.accounts.errors import EmailTaken, InvalidCredentials, InvalidLink, InvalidPassword
from chalicelib.kit.accounts.schemas import AccountVerification, EmailConfirmation, PasswordReset, PasswordResetCreate
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.together.routes.cookies import COOKIES
from chalicelib.together.schemas.accounts import AccountCreate
from chalicelib.together.service import accounts, email_changes, password_changes

bp = Blueprint(__name__)


@bp.route("/v1/together/accounts", methods=["POST"])
@endpoint(bp, body=AccountCreate, status=202, errors=(InvalidPassword,))
def sign_up(call: ApiRequest[None, AccountCreate]) -> None:
    """Create an account, and mail a link to the address that verifies it."""
    accounts.sign_up(call.body, call.credentials.source_ip)


@bp.route("/v1/together/accounts/verify", methods=["POST"])
@endpoint(bp, body=AccountVerification, status=204, errors=(InvalidLink, InvalidCredentials))
def verify(call: ApiRequest[None, AccountVerification]) -> None:
    """Verify an account by the link of its mail and its password."""
    accounts.verify_account(call.body.token, call.body.password, call.credentials.source_ip)


@bp.route("/v1/together/accounts/email", methods=["POST"])
@endpoint(bp, body=EmailConfirmation, status=204, errors=(InvalidLink, EmailTaken))
def confirm_email(call: ApiRequest[None, EmailConfirmation]) -> None:
    """Confirm a change of the e-mail, or undo it, by the link of a mail."""
    email_changes.apply_link(call.body.token)


@bp.route("/v1/together/accounts/reset", methods=["POST"])
@endpoint(bp, body=PasswordResetCreate, status=202)
def request_reset(call: ApiRequest[None, PasswordResetCreate]) -> None:
    """Send a mail with a link that sets a new password, if the address has an account."""
    password_changes.request_reset(call.body.email, call.credentials.source_ip)


@bp.route("/v1/together/accounts/reset", methods=["PUT"])
@endpoint(bp, body=PasswordReset, status=204, errors=(InvalidLink, InvalidPassword))
def reset(call: ApiRequest[None, PasswordReset]) -> Response:
    """Set a new password by the link of a mail, and end all sessions.

    The answer marks the device as known: by a cookie with the header `X-Backroom`, else by the header `Device-Token`.
    """
    device_token = password_changes.reset_password(call.body.token, call.body.password)
    return COOKIES.without_content(call.credentials.headers, device_token)
