"""The pinned packages as Lambda's machine runs them: wheels only, kept under build/ so that only the first time asks the index."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.handlers import ROOT
from infra.packaging.errors import PackagingFailed

CACHE = ROOT / "build" / "dependencies"
GLIBC_MINOR = 26 if sys.version_info < (3, 12) else 34
"""Lambda's Python 3.11 stands on Amazon Linux 2 (glibc 2.26), later ones on Amazon Linux 2023 (2.34)."""


class DependenciesMissing(PackagingFailed):
    """pip found no wheel for Lambda's machine, or no index; says what pip said."""


def runtime_requirements() -> list[str]:
    """The lines of requirements.txt. Chalice itself is left out: it puts its runtime into the bundle."""
    return [line for line in _lines("requirements.txt") if not line.startswith("chalice==")]


def pinned(package: str) -> list[str]:
    """The development requirement of this package (one line a Python version where they differ)."""
    return [line for line in _lines("requirements-dev.txt") if line.startswith(f"{package}==")]


def installed(requirements: list[str], *, alone: bool = False) -> Path:
    """A directory with these packages (`alone`: without theirs) for this Python on Lambda's x86_64. Do not change it.

    Raises DependenciesMissing.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = "\n".join([version, str(GLIBC_MINOR), str(alone), *requirements])
    target = CACHE / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix="unfinished-"))
    try:
        _install(requirements, version, scratch, alone)
        scratch.replace(target)
    except OSError:
        if not target.exists():  # else another process was faster
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _install(requirements: list[str], version: str, target: Path, alone: bool) -> None:
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--no-compile", "--target", str(target)]
    command += ["--implementation", "cp", "--python-version", version, "--only-binary=:all:"]
    command += [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(GLIBC_MINOR, 16, -1)]
    command += ["--platform=manylinux2014_x86_64", *(["--no-deps"] if alone else []), *requirements]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DependenciesMissing(f"pip could not install the bundle's packages:\n{done.stderr.strip()}")


def _lines(name: str) -> list[str]:
    text = (ROOT / name).read_text()
    lines = (line.partition(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]
