"""The zip that every function runs: our sources, Chalice's runtime, the pinned packages; trimmed, compiled, reproducible.

Our own sources stay beside their bytecode, so that tracebacks show lines; packages keep bytecode only. All of it is
`unchecked-hash`: Lambda's file system never changes, so nothing is compared at import.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.packaging import dependencies, needs
from infra.packaging.errors import PackagingFailed

RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
"""The bytecode's Python, hence that of whoever packages."""
LAYERS = {"retention-archive": "duckdb"}
"""Packages too large for the bundle, by the one function that has them as a layer."""
MAX_ZIPPED = 25_000_000
MAX_UNZIPPED = 80_000_000

OURS = ("app.py", "chalicelib", "chalice")
SHARED_DATA = {"endpoints.json", "partitions.json", "sdk-default-configuration.json", "_retry.json"}
JUNK = (
    "*.dist-info",
    "bin",
    "__pycache__",
    "tests",
    "test",
    "examples",
    "examples-1.json",
    "*.pyi",
    "py.typed",
    "*.pyx",
    "*.pxd",
    "*.h",
    "*.c",
)
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest moment that a zip can hold."""


class TooLarge(PackagingFailed):
    """The bundle outgrew its limits; says what weighs most."""


def build(sources: Path, target: Path) -> None:
    """Write the bundle of `sources` (app.py, chalicelib, chalice) to `target`. Raises TooLarge."""
    with tempfile.TemporaryDirectory(prefix="backroom-bundle-") as scratch:
        root = Path(scratch) / "bundle"
        shutil.copytree(dependencies.installed(dependencies.runtime_requirements()), root)
        _remove_junk(root)
        _trim_botocore(root / "botocore" / "data")
        _compile(root)
        shutil.copytree(sources, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        _compile(root, *OURS)
        _zip(root, target)
        _weigh(root, target)


def build_layer(package: str, target: Path) -> None:
    """Write a layer with one development package to `target`."""
    with tempfile.TemporaryDirectory(prefix="backroom-layer-") as scratch:
        root = Path(scratch) / "layer"
        shutil.copytree(dependencies.installed(dependencies.pinned(package), alone=True), root / "python")
        _remove_junk(root / "python")
        _compile(root / "python")
        _zip(root, target)


def layer_id(package: str) -> str:
    """The layer's id in the app template."""
    return f"{package.capitalize()}Layer"


def layer_key(package: str) -> str:
    """The app template's parameter that says where the layer's zip lies."""
    return f"{layer_id(package)}Key"


def _remove_junk(root: Path) -> None:
    for pattern in JUNK:
        for path in list(root.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def _trim_botocore(data: Path) -> None:
    """Keep the newest version of the services that we build clients of, and what all of them share."""
    kept = needs.services() | SHARED_DATA
    for path in data.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        elif path.is_dir():
            for old in sorted(path.iterdir())[:-1]:
                shutil.rmtree(old)


def _compile(root: Path, *names: str) -> None:
    """Our own sources (`names`) in place; without names everything, and the sources go.

    In a process of its own: what else a process holds shows in the bytecode it writes.
    """
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(root), "-p", "/var/task", *([] if names else ["-b"])]
    subprocess.run([*command, *(str(root / name) for name in names or (".",))], check=True)
    if not names:
        for source in root.rglob("*.py"):
            source.unlink()


def _zip(root: Path, target: Path) -> None:
    """The same files make the same bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(root).as_posix(), EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if ".so" in path.name else 0o100644) << 16
            archive.writestr(entry, path.read_bytes())


def _weigh(root: Path, target: Path) -> None:
    weights = {
        path.name: sum(f.stat().st_size for f in [path, *path.rglob("*")] if f.is_file()) for path in root.iterdir()
    }
    zipped, unzipped = target.stat().st_size, sum(weights.values())
    if zipped > MAX_ZIPPED or unzipped > MAX_UNZIPPED:
        heaviest = ", ".join(f"{name} {weights[name] / 1e6:.1f}" for name in sorted(weights, key=weights.get)[-8:])  # type: ignore[arg-type]
        raise TooLarge(f"{zipped / 1e6:.1f} MB zipped, {unzipped / 1e6:.1f} MB unzipped; MB: {heaviest}")
