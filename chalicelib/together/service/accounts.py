"""Sign-up and verification of members."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.accounts import sign_up as registration
from chalicelib.kit.accounts.sign_up import SignUp
from chalicelib.together.schemas.accounts import AccountCreate
from chalicelib.together.service import measurement
from chalicelib.together.service.realm import REALM


def sign_up(request: AccountCreate, source_ip: str) -> None:
    """Create an account that its mail verifies, or mail the owner of the address.

    Raises InvalidPassword, TooManyRequests.
    """
    columns = {"timezone": request.timezone, "terms_accepted_at": clock.now()}
    registration.sign_up(REALM, SignUp(request.email, request.password, request.display_name, columns), source_ip)


def verify_account(token: str, password: str, source_ip: str) -> None:
    """Verify an account by the link of its mail and its password, and give it a space.

    Raises InvalidLink, TooManyRequests, InvalidCredentials.
    """
    member = registration.verify_account(REALM, token, password, source_ip)
    measurement.track_event(member, "sign_up", clock.now(), event_id=member.id)
