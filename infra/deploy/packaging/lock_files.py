"""Read the lock files that `make lock` writes: pins with hashes, and for each pin the packages that need it.

    botocore==1.44.8 \\
        --hash=sha256:… \\
        --hash=sha256:…
        # via
        #   boto3
        #   chalice
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PIN = re.compile(r"^([a-z0-9-]+)==[^\n]*\\\n(?:    --hash=[^\n]*\n)+(?:    #[^\n]*\n)*", re.MULTILINE)
_VIA = re.compile(r"^    #(?: via)?(?:   )? *(\S.*)$", re.MULTILINE)
INPUT = "-r "
"""Begins the entry in `via` of a package that an input file lists."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of a package. `text` is its entry as pip reads it; `via` are the packages and input files above it."""

    name: str
    text: str
    via: frozenset[str]

    @property
    def version(self) -> str:
        """The version, without the marker that may follow it."""
        return re.split(r"[ ;\\]", self.text.partition("==")[2])[0]


def read(path: Path) -> list[Pin]:
    """Return the pins of a lock file in its order. A package has several if they differ by Python version or platform."""
    return [
        Pin(
            entry[1],
            _without_comments(entry[0]),
            frozenset(via[1] for via in _VIA.finditer(entry[0]) if via[1] != "via"),
        )
        for entry in _PIN.finditer(path.read_text())
    ]


def needed(pins: Iterable[Pin], without: str) -> list[Pin]:
    """Return the pins that are still needed without the package `without` and what only it needs."""
    kept = [pin for pin in pins if pin.name != without]
    while True:
        names = {pin.name for pin in kept}
        still = [pin for pin in kept if any(via in names or via.startswith(INPUT) for via in pin.via - {pin.name})]
        if len(still) == len(kept):
            return kept
        kept = still


def _without_comments(entry: str) -> str:
    return "".join(line + "\n" for line in entry.splitlines() if not line.startswith("    #"))
