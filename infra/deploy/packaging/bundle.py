"""The zip that every function runs: our sources, Chalice's runtime and the pinned packages. The build is reproducible."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from pathlib import Path

from infra.deploy.packaging import bytecode, dependencies
from infra.deploy.packaging.errors import PackagingFailed

MAX_ZIPPED = 18_000_000
MAX_UNZIPPED = 80_000_000
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest timestamp that a zip entry can have."""


class TooLarge(PackagingFailed):
    """The bundle exceeds its size limits; the message lists its largest parts."""


def build(sources: Path, target: Path) -> None:
    """Compile `sources` (app.py, chalicelib, chalice) in place and write the bundle to `target`.

    Raises TooLarge if the bundle exceeds its size limits.
    """
    bytecode.compile_instead(sources)
    content = _content(dependencies.runtime()) | _content(sources)
    _zip(content, target)
    zipped, weights = target.stat().st_size, _weights(content)
    if zipped > MAX_ZIPPED or sum(weights.values()) > MAX_UNZIPPED:
        heaviest = ", ".join(f"{name} {weight / 1e6:.1f}" for name, weight in list(weights.items())[:8])
        raise TooLarge(f"{zipped / 1e6:.1f} MB zipped, {sum(weights.values()) / 1e6:.1f} MB unzipped: {heaviest}")


def build_layer(packages: Collection[str], target: Path) -> None:
    """Write a layer with these development packages."""
    _zip(_content(dependencies.layer(packages), "python/"), target)


def _content(root: Path, prefix: str = "") -> dict[str, Path]:
    return {prefix + path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}


def _zip(content: dict[str, Path], target: Path) -> None:
    """Write a reproducible zip: sorted entries with a fixed timestamp and mode."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, content[name].read_bytes())


def _weights(content: dict[str, Path]) -> dict[str, int]:
    """Return bytes by the first part of the path, largest first."""
    weights: dict[str, int] = {}
    for name, path in content.items():
        part = name.partition("/")[0]
        weights[part] = weights.get(part, 0) + path.stat().st_size
    return dict(sorted(weights.items(), key=lambda item: -item[1]))
