"""Notices of members: list those that are due and not sent, or send them now."""

from __future__ import annotations

from argparse import Namespace
from datetime import timedelta
from typing import Any

from chalicelib.kit import audit, clock
from chalicelib.together.schemas.notifications import DueNoticeRead
from chalicelib.together.service import notice_dispatch
from infra.ops import actor, output
from infra.ops.errors import CommandRefused

HOURS = 72
MAX_HOURS = 24 * 31


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("send-due", help="send members' notices that are due now, or list them")
    parser.add_argument("--dry-run", action="store_true", help="list them, without content, and send nothing")
    parser.add_argument("--csv", action="store_true", help="list as CSV instead of JSON")
    parser.add_argument("--hours", type=int, default=HOURS, help=f"since when they are due; default: {HOURS}")
    parser.set_defaults(run=send_due)


def send_due(arguments: Namespace) -> int:
    """Send the due notices to their worker, which mails each once; a repeat is harmless.

    Raises CommandRefused if the hours are not 1 to 744.
    """
    if not 1 <= arguments.hours <= MAX_HOURS:
        raise CommandRefused(f"--hours: 1 to {MAX_HOURS}")
    now = clock.now()
    since = now - timedelta(hours=arguments.hours) + notice_dispatch.LOOK_BACK
    if arguments.dry_run:
        notices = notice_dispatch.list_due_notices(now, since)
        output.write(DueNoticeRead, notices, arguments.stdout, as_csv=arguments.csv)
        return 0
    count = notice_dispatch.send_due(now, since)
    audit.publish_operator_action(actor.operator(), "together.send_due", "notices")
    output.write_result(arguments, {"sent": count}, f"{count:,} due notices sent to together-send_notification")
    return 0
