"""`python -m infra.ops COMMAND`: what an operator does by hand. Without STAGE, it works on the local stack."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import timedelta

from infra.local import environment


def main() -> int:
    """The command line; 0 where it did what was asked."""
    parser = argparse.ArgumentParser(prog="make ops ARGS='…'", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    token = commands.add_parser("token", help="mint a short-lived access token")
    token.add_argument("role", choices=["member", "store", "operator"])
    token.add_argument("id", help="whom it stands for: a member's, store's or operator's id")
    token.add_argument("--minutes", type=int, default=15)
    commands.add_parser("sizes", help="rows and bytes of every table, objects and bytes of every bucket")
    commands.add_parser("sync-plans", help="write the plan catalogue and bring Stripe's products and prices up to it")
    letters = commands.add_parser("dead-letters", help="what could not be handled")
    letters.add_argument("queue", nargs="?", help="one queue, e.g. studio-generate; without it, the counts of all")
    letters.add_argument("--redrive", action="store_true", help="send them back to be handled again")
    arguments = parser.parse_args()
    if os.environ.get("STAGE", "local") == "local":
        os.environ.update(environment.plan().environment)
    return run(arguments)


def run(arguments: argparse.Namespace) -> int:
    """Ours is imported late: it reads the settings, which must be in place."""
    from chalicelib.billing import service as billing
    from chalicelib.kit import auth
    from chalicelib.kit.errors import Problem
    from infra.ops import dead_letters, sizes

    try:
        match arguments.command:
            case "token":
                minutes = timedelta(minutes=arguments.minutes)
                print(auth.mint(auth.Role(arguments.role), arguments.id, minutes))
            case "sizes":
                sizes.show()
            case "sync-plans":
                billing.sync_plans()
            case "dead-letters" if arguments.redrive:
                dead_letters.redrive(arguments.queue)
            case "dead-letters":
                dead_letters.show(arguments.queue)
    except (Problem, LookupError) as error:
        print(f"backroom: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
