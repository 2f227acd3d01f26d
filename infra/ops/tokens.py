"""Access tokens of our own, by hand."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from typing import Any

from chalicelib.kit import auth


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("token", help="mint a short-lived access token")
    parser.add_argument("role", choices=[role.value for role in auth.Role])
    parser.add_argument("id", help="whom it stands for: a member's, store's or operator's id")
    parser.add_argument("--minutes", type=int, default=15)
    parser.set_defaults(run=mint)


def mint(arguments: Namespace) -> int:
    """Print a token. Raises Forbidden for a member's in a live stage."""
    lifetime = timedelta(minutes=arguments.minutes)
    print(auth.mint(auth.Role(arguments.role), arguments.id, lifetime), file=arguments.stdout)
    return 0
