"""What a command gives out: rows as JSON or CSV, one at a time, and a bar on a terminal's standard error meanwhile."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from chalicelib.kit import csv_lines
from chalicelib.kit.schemas import Schema
from infra.ops.errors import CommandRefused


def bar(unit: str, total: int | None = None, initial: int = 0, beside: TextIO | None = None) -> tqdm:
    """A bar that counts to `total`; none where standard error, or what stands `beside` it, says it would disturb."""
    disable = True if beside and beside.isatty() else None
    return tqdm(total=total, initial=initial, unit=f" {unit}", disable=disable, file=sys.stderr, dynamic_ncols=True)


def say(text: str) -> None:
    """A line for the operator, on standard error, above the bar."""
    tqdm.write(text, file=sys.stderr)


@contextmanager
def opened(out: Path | None, stdout: TextIO) -> Iterator[TextIO]:
    """Standard output; or the file `out`, which appears whole or not at all and is its owner's alone.

    Raises CommandRefused where there is no such folder.
    """
    if out is None:
        yield stdout
        return
    if not out.parent.is_dir():
        raise CommandRefused(f"there is no folder {out.parent}")
    descriptor, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(out)
    except BaseException:
        Path(name).unlink()
        raise


def write(shape: type[Schema], rows: Iterable[Schema], file: TextIO, *, as_csv: bool) -> None:
    """Write rows as one JSON array, or as CSV under a line of their names, while they come."""
    (_csv if as_csv else _json)(shape, rows, file)


def _json(_shape: type[Schema], rows: Iterable[Schema], file: TextIO) -> None:
    separator = "[\n"
    for row in rows:
        file.write(f"{separator}{row.model_dump_json()}")
        separator = ",\n"
    file.write("\n]\n" if separator == ",\n" else "[]\n")


def _csv(shape: type[Schema], rows: Iterable[Schema], file: TextIO) -> None:
    file.write(csv_lines.line(shape.model_fields))
    for row in rows:
        file.write(csv_lines.line(row.model_dump(mode="json").values()))
