"""The account that the audit log records for operator commands."""

from __future__ import annotations

import getpass
import os

from chalicelib.kit.auth import Account, Role


def operator() -> Account:
    """Return the operator account of this machine's user, with the id `cli:<user>`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        name = str(os.getuid())
    return Account(Role.OPERATOR, f"cli:{name}")
