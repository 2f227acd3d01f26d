"""Issue access tokens: of a new session for staff, and of owners with an account for trials."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from typing import Any

from chalicelib.kit import auth, config, sessions
from chalicelib.kit.accounts.sign_in import session_tokens
from chalicelib.kit.auth import Role
from infra.local import owners
from infra.ops import output
from infra.ops.errors import CommandRefused

SIGNED_IN = (Role.OPERATOR, Role.SUPPORT)
"""Roles whose tokens this command issues in live stages, each with a session that ends after 12 hours."""
DEVICE = "operator command"


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("token", help="issue a short-lived access token")
    parser.add_argument("role", choices=[role.value for role in Role])
    parser.add_argument("id", help="id of the member, store or operator; an owner's e-mail address")
    parser.add_argument("--minutes", type=int, default=15)
    parser.set_defaults(run=issue)


def issue(arguments: Namespace) -> int:
    """Print a token. Raises Forbidden if one of a member, store or owner is requested in a live stage."""
    role = Role(arguments.role)
    lifetime = timedelta(minutes=arguments.minutes)
    if role is Role.OWNER:
        tokens = _owner_tokens(arguments.id)
    elif role in SIGNED_IN:
        session = sessions.begin_session(f"{role}:{arguments.id}", DEVICE)
        token = auth.mint(role, arguments.id, lifetime, session.id)
        tokens = {"access_token": token, "session_id": str(session.id)}
    else:
        tokens = {"access_token": auth.mint(role, arguments.id, lifetime)}
    output.write_result(arguments, tokens, tokens["access_token"])
    return 0


def _owner_tokens(email: str) -> dict[str, str]:
    """Sign an owner in, with a new account if the address has none. Raises CommandRefused in a live stage."""
    if config.settings().is_live:
        raise CommandRefused("Owners sign up and sign in themselves in a live stage.")
    owner_id = owners.find_or_add_owner(email)
    session = sessions.begin_session(f"{Role.OWNER}:{owner_id}", DEVICE)
    return {"owner_id": owner_id, **session_tokens(session, None).model_dump(exclude_none=True)}
