"""The pinned packages for Lambda's platform: wheels only, trimmed and compiled.

They are cached under build/ by a hash of all their inputs, so only the first run contacts the package index.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

from infra.deploy.handlers import ROOT
from infra.deploy.packaging import bytecode, import_scan, lock_files
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.lock_files import Pin

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
UNUSED = (
    "PIL/_avif.*.so",
    "PIL/_imagingft.*.so",
    "PIL/_imagingtk.*.so",
    "aws_lambda_powertools/event_handler",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in (
            "batch",
            "data_classes",
            "data_masking",
            "feature_flags",
            "idempotency",
            "kafka",
            "parameters",
            "parser",
        )
    ),
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    "cffi",
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",
    "pycparser",
    "sqlalchemy/dialects/mssql",
    "sqlalchemy/dialects/oracle",
    "sqlalchemy/testing",
    "stripe/events",
    "stripe/params",
    "tzdata/zoneinfo/tzdata.zi",
)
"""Large parts of features that we do not use: AVIF, text in pictures (FreeType, HarfBuzz), Tk, the routers and utilities of
Powertools, event classes of Stripe API v2, types of parameters, which only type checkers read, the compiler of C
declarations (argon2's are compiled), a second database of time zones, dialects of other
databases. Pillow reports such a feature as missing. Shared
libraries that only they need are also removed."""
SHARED_DATA = ("_retry.json", "endpoints.json", "partitions.json", "sdk-default-configuration.json")
"""Files that every botocore service reads."""


class DependenciesMissing(PackagingFailed):
    """pip found no wheel for Lambda's platform, or no index; the message contains pip's error."""


def runtime() -> Path:
    """Return a cached directory with the packages of requirements.txt. Do not change the directory.

    Chalice and what only Chalice needs are excluded, because it adds its runtime to the bundle itself.
    Raises DependenciesMissing if pip cannot install a package.
    """
    return _prepared(lock_files.needed(lock_files.read(ROOT / "requirements.txt"), without="chalice"))


def layer(packages: Collection[str]) -> Path:
    """Return a cached directory with packages of requirements-dev.txt, without their dependencies. Do not change it.

    Raises DependenciesMissing if pip cannot install a package.
    """
    pins = lock_files.read(ROOT / "requirements-dev.txt")
    return _prepared([pin for pin in pins if pin.name in packages])


def _prepared(pins: list[Pin]) -> Path:
    services = sorted(import_scan.services())
    depends_on = repr((sys.version, GLIBC_MINOR, JUNK, UNUSED, SHARED_DATA, services, pins))
    target = CACHE / hashlib.sha256(depends_on.encode()).hexdigest()[:16]
    if target.exists():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=CACHE, prefix="unfinished-"))
    try:
        _install(pins, scratch)
        _remove_junk(scratch)
        _remove_unneeded_libraries(scratch / "PIL", scratch / "pillow.libs")
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


def _install(pins: list[Pin], target: Path) -> None:
    """Install exactly the pins; a pin whose marker excludes this Python is skipped."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = [sys.executable, "-m", "pip", "install", "-qq", "--no-input", "--no-compile", f"--target={target}"]
    command += [
        "--no-deps",
        "--require-hashes",
        "--implementation=cp",
        f"--python-version={version}",
        "--only-binary=:all:",
    ]
    command += [f"--platform=manylinux_2_{minor}_x86_64" for minor in range(GLIBC_MINOR, 16, -1)]
    requirements = target / "requirements.txt"
    requirements.write_text("".join(pin.text for pin in pins))
    command += ["--platform=manylinux2014_x86_64", f"--requirement={requirements}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    requirements.unlink()
    if done.returncode:
        raise DependenciesMissing(f"pip could not install the bundle's packages:\n{done.stderr.strip()}")


def _remove_junk(root: Path) -> None:
    found = [path for pattern in JUNK for path in root.rglob(pattern)]
    found += [path for pattern in UNUSED for path in root.glob(pattern)]
    found += [path for path in root.glob("*.dist-info/*") if path.name != "METADATA"]
    for path in found:
        _remove(path)


def _remove_unneeded_libraries(modules: Path, libraries: Path) -> None:
    """Remove the shared libraries that no extension module names, directly or through another library."""
    unneeded = set(libraries.glob("*.so*"))
    unread = list(modules.glob("*.so"))
    while unread:
        content = unread.pop().read_bytes()
        needed = {library for library in unneeded if library.name.encode() in content}
        unneeded -= needed
        unread += needed
    for path in unneeded:
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
