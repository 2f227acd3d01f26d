"""Commands about the staff: support and admins, who read and who administer."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from chalicelib.kit import audit
from chalicelib.kit.email_addresses import is_address
from chalicelib.platform.domain.account_roles import STAFF
from chalicelib.platform.enums import UserRole
from chalicelib.platform.service import staff
from infra.ops import actor, output
from infra.ops.errors import CommandRefused


def add(commands: Any) -> None:
    """Declare the commands of this family."""
    family = commands.add_parser("staff", help="add or remove an account of support or of an admin")
    actions = family.add_subparsers(dest="action", required=True)
    new = actions.add_parser("add", help="add an account, or renew its second factor and password")
    new.add_argument("email", type=_address)
    new.add_argument("--role", choices=sorted(STAFF), required=True)
    new.add_argument("--name", help="how mails address the person; without it, by the e-mail")
    new.set_defaults(run=add_account)
    gone = actions.add_parser("remove", help="deactivate an account and end its sessions")
    gone.add_argument("email", type=_address)
    gone.set_defaults(run=remove_account)


def add_account(arguments: Namespace) -> int:
    """Add the account, mail its reset link and print the setup key of its authenticator app once.

    Raises StaffAccount if the address belongs to an owner.
    """
    role = UserRole(arguments.role)
    setup = staff.add_staff(arguments.email, role, arguments.name or arguments.email)
    audit.publish_operator_action(actor.operator(), "platform.add_staff", f"user:{setup.user_id}", role=role)
    output.say(
        "A mail with a link to choose a password is on its way. Give the person this key; it is not shown again."
    )
    fields = {"user_id": setup.user_id, "totp_secret": setup.totp_secret, "totp_uri": setup.totp_uri}
    output.write_result(arguments, fields, f"{setup.totp_secret}\n{setup.totp_uri}")
    return 0


def remove_account(arguments: Namespace) -> int:
    """Deactivate the account. Raises StaffNotFound."""
    user_id = staff.remove_staff(arguments.email)
    audit.publish_operator_action(actor.operator(), "platform.remove_staff", f"user:{user_id}")
    output.write_result(arguments, {"user_id": user_id}, f"{arguments.email} is removed; its sessions have ended")
    return 0


def _address(text: str) -> str:
    if not is_address(text):
        raise CommandRefused(f"{text!r} is not an e-mail address in ASCII.")
    return text.lower()
