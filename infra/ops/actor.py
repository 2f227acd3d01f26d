"""Who acts by the command line: it is told to the audit log."""

from __future__ import annotations

import getpass
import os

from chalicelib.kit.auth import Account, Role


def operator() -> Account:
    """The person at this machine, as `cli:<user>`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        name = str(os.getuid())
    return Account(Role.OPERATOR, f"cli:{name}")
