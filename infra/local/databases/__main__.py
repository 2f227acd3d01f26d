"""Fetches the programs of the database servers: `python -m infra.local.databases` names each, or what is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from infra.local.databases.address import ServerUnavailable
from infra.local.databases.debian_packages import find_program
from infra.local.databases.postgresql_binaries import binaries

PROGRAMS: dict[str, Callable[[], Path]] = {
    "PostgreSQL": lambda: binaries() / "postgres",
    "MariaDB": lambda: find_program("mariadbd", "mariadb-server-core").binary,
    "PgBouncer": lambda: find_program("pgbouncer", "pgbouncer").binary,
}


def main() -> int:
    """Print where each program is; return 1 if one is missing."""
    is_complete = True
    for name, find in PROGRAMS.items():
        try:
            print(f"{name}: {find()}")
        except ServerUnavailable as error:
            is_complete = False
            print(f"{name}: {error}", file=sys.stderr)
    return 0 if is_complete else 1


if __name__ == "__main__":
    sys.exit(main())
