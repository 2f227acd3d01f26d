"""Commands about members: their state, perks to fulfil, reports of partners."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from chalicelib.kit import audit
from chalicelib.together.enums import PerkStatus
from chalicelib.together.schemas.bookings import BookingsImported, RefusedLine
from chalicelib.together.schemas.perks import OperatorPerkRead
from chalicelib.together.service import member_state, partner_reports, perk_fulfilment
from infra.ops import actor, output


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    state = commands.add_parser("member", help="show the state of a member, without any content, as JSON")
    state.add_argument("email", help="the member's e-mail address")
    state.set_defaults(run=show_member)
    perks = commands.add_parser("perks", help="list the perks of one status with their addresses, as JSON or CSV")
    perks.add_argument("--status", type=PerkStatus, choices=list(PerkStatus), default=PerkStatus.REQUESTED)
    perks.add_argument("--csv", action="store_true", help="CSV instead of a JSON array")
    perks.add_argument("--out", type=Path, help="write to this file, replaced atomically")
    perks.set_defaults(run=list_perks)
    reports = commands.add_parser("import-bookings", help="import a partner's report: a file of JSON lines")
    reports.add_argument("partner", help="the partner's id")
    reports.add_argument("file", type=Path)
    reports.set_defaults(run=import_bookings)


def show_member(arguments: Namespace) -> int:
    """Write a member's state. Raises MemberNotFound."""
    state = member_state.find_member_state(arguments.email)
    audit.publish_operator_action(actor.operator(), "together.read_member", f"member:{state.id}")
    output.write_result(arguments, state)
    return 0


def list_perks(arguments: Namespace) -> int:
    """Write the perks of a status."""
    audit.publish_operator_action(actor.operator(), "together.export_perks", f"perks:{arguments.status}")
    rows = perk_fulfilment.iterate_perks(arguments.status)
    with output.opened(arguments.out, arguments.stdout) as file:
        output.write(OperatorPerkRead, rows, file, as_csv=arguments.csv)
    return 0


def import_bookings(arguments: Namespace) -> int:
    """Import the file; return 1 if a line was refused. Repeating it changes nothing. Raises PartnerNotFound."""
    lines = arguments.file.read_text(encoding="utf-8").split("\n")
    changed, unchanged, refused = 0, 0, list[RefusedLine]()
    with output.bar("lines", len(lines), beside=arguments.stdout) as bar:
        for result in partner_reports.iterate_imports(arguments.partner, lines):
            bar.update()
            if isinstance(result, RefusedLine):
                refused.append(result)
                output.say(f"line {result.line}: {result.reason}")
            else:
                changed, unchanged = changed + result, unchanged + (not result)
    partner = f"partner:{arguments.partner}"
    audit.publish_operator_action(actor.operator(), "together.import_bookings", partner, changed=str(changed))
    summary = BookingsImported(changed=changed, unchanged=unchanged, refused=refused)
    output.write_result(arguments, summary)
    return 1 if refused else 0
