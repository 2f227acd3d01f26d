"""Programs of Debian packages, unpacked below `.local/`: no root, no service, nothing installed."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.databases import unprivileged
from infra.local.databases.address import ServerUnavailable
from infra.local.databases.file_locks import locked

ROOT = Path(__file__).resolve().parents[3]
UNPACKED = ROOT / ".local" / "debian"
_SECONDS = 300
"""Upper limit in seconds of a download."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, the root of the files that belong to it, and the environment that it needs."""

    binary: Path
    root: Path
    environment: dict[str, str] = field(default_factory=dict)


def find_program(name: str, package: str) -> Program:
    """Return the program on PATH, else that of the Debian package, which is downloaded once.

    Raises ServerUnavailable if there is neither.
    """
    search_path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    on_path = shutil.which(name, path=search_path)
    if on_path is not None and unprivileged.runs(Path(on_path)):
        binary = Path(on_path).resolve()
        return Program(binary, binary.parents[1])
    if not (UNPACKED / package).exists():
        _unpack(package)
    program = _unpacked(name, unprivileged.reachable(UNPACKED / package))
    if not unprivileged.runs(program.binary, program.environment):
        raise ServerUnavailable(f"{program.binary} does not run: install the package {package}.")
    return program


def _unpacked(name: str, root: Path) -> Program:
    libraries = [root / part / f"{platform.machine()}-linux-gnu" for part in ("usr/lib", "lib")]
    environment = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))}
    return Program(root / "usr" / "sbin" / name, root / "usr", environment)


def _unpack(package: str) -> None:
    """Download the package with the packages that it needs and that this system lacks; unpack them in one step."""
    UNPACKED.mkdir(parents=True, exist_ok=True)
    with locked(UNPACKED / f"{package}.lock"):
        if (UNPACKED / package).exists():
            return  # another process has unpacked it
        with tempfile.TemporaryDirectory(dir=UNPACKED) as scratch:
            names = _missing_packages(package)
            _run(["apt-get", "download", *names], Path(scratch), package)
            root = Path(scratch) / "root"
            for file in sorted(Path(scratch).glob("*.deb")):
                _run(["dpkg-deb", "--extract", str(file), str(root)], Path(scratch), package)
            root.chmod(0o755)
            root.rename(UNPACKED / package)


def _missing_packages(package: str) -> list[str]:
    """Return the package and those that it needs and that are not installed, by a simulated installation."""
    command = ["apt-get", "--simulate", "install", "--no-install-recommends", package]
    try:
        output = _run(command, UNPACKED, package)
    except ServerUnavailable:
        if os.geteuid() != 0:
            raise
        _run(["apt-get", "update"], UNPACKED, package)  # a fresh container has no lists of packages
        output = _run(command, UNPACKED, package)
    return re.findall(r"^Inst (\S+)", output, re.MULTILINE)


def _run(command: list[str], directory: Path, package: str) -> str:
    try:
        result = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerUnavailable(f"The program of the package {package} is missing: install it (apt-get).") from error
    return result.stdout
