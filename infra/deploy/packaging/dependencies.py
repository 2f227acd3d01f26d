"""The pinned packages for Lambda's platform: wheels only, trimmed and compiled.

They are cached under build/ by a hash of all their inputs, so only the first run contacts the package index.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.deploy.handlers import ROOT
from infra.deploy.packaging import bytecode, import_scan
from infra.deploy.packaging.errors import PackagingFailed

CACHE = ROOT / "build" / "dependencies"
GLIBC_MINOR = 34
"""Lambda's runtimes from Python 3.12 on use Amazon Linux 2023 (glibc 2.34). A bundle built by Python 3.11 runs on this
machine only: see `runtimes`."""
JUNK = (
    "bin",
    "__pycache__",
    "tests",
    "test",
    "examples",
    "examples-1.json",
    "*.pyi",
    "py.typed",
    "*.pyx",
    "*.h",
    "*.c",
)
"""Files that no import reads. METADATA in `*.dist-info` is kept: libraries read their version from it."""
SHARED_DATA = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")
"""Files that every botocore service reads."""


class DependenciesMissing(PackagingFailed):
    """pip found no wheel for Lambda's platform, or no index; the message contains pip's error."""


def runtime() -> Path:
    """Return a cached directory with the packages of requirements.txt. Do not change the directory.

    Chalice is excluded, because it adds its runtime to the bundle itself.
    Raises DependenciesMissing if pip cannot install a package.
    """
    return _prepared([line for line in _lines("requirements.txt") if not line.startswith("chalice==")])


def layer(package: str) -> Path:
    """Return a cached directory with one package of requirements-dev.txt, without its dependencies. Do not change it.

    Raises DependenciesMissing if pip cannot install the package.
    """
    return _prepared(
        ["--no-deps", *(line for line in _lines("requirements-dev.txt") if line.startswith(f"{package}=="))]
    )


def _prepared(arguments: list[str]) -> Path:
    services = sorted(import_scan.services())
    depends_on = repr((sys.version, GLIBC_MINOR, JUNK, SHARED_DATA, services, arguments))
    target = CACHE / hashlib.sha256(depends_on.encode()).hexdigest()[:16]
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix="unfinished-"))
    try:
        _install(arguments, scratch)
        _remove_junk(scratch)
        _trim(scratch / "botocore" / "data", {*services, *SHARED_DATA})
        bytecode.compile_instead(scratch)
        scratch.chmod(0o755)
        scratch.rename(target)
    except OSError:
        if not target.exists():  # otherwise another process created it first
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _install(arguments: list[str], target: Path) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--no-compile", f"--target={target}"]
    command += ["--implementation=cp", f"--python-version={version}", "--only-binary=:all:"]
    command += [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(GLIBC_MINOR, 16, -1)]
    done = subprocess.run(
        [*command, "--platform=manylinux2014_x86_64", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DependenciesMissing(f"pip could not install the bundle's packages:\n{done.stderr.strip()}")


def _remove_junk(root: Path) -> None:
    found = [path for pattern in JUNK for path in root.rglob(pattern)]
    found += [path for path in root.glob("*.dist-info/*") if path.name != "METADATA"]
    for path in found:
        _remove(path)


def _trim(botocore_data: Path, kept: set[str]) -> None:
    """Keep only the botocore services in `kept`, each in its newest API version."""
    for path in botocore_data.glob("*"):
        if path.name not in kept:
            _remove(path)
        elif path.is_dir():
            for old in sorted(path.iterdir())[:-1]:
                _remove(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # its directory may already be removed


def _lines(name: str) -> list[str]:
    lines = (line.partition(" #")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]
