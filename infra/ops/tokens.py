"""Issue access tokens."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from typing import Any

from chalicelib.kit import auth


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("token", help="issue a short-lived access token")
    parser.add_argument("role", choices=[role.value for role in auth.Role])
    parser.add_argument("id", help="id of the member, store or operator")
    parser.add_argument("--minutes", type=int, default=15)
    parser.set_defaults(run=mint)


def mint(arguments: Namespace) -> int:
    """Print a token. Raises Forbidden if a member's token is requested in a live stage."""
    lifetime = timedelta(minutes=arguments.minutes)
    print(auth.mint(auth.Role(arguments.role), arguments.id, lifetime), file=arguments.stdout)
    return 0
