"""Output of commands: rows as JSON or CSV, streamed, and a progress bar on standard error."""

from __future__ import annotations

import json
import os
import secrets
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from chalicelib.kit import csv_lines
from chalicelib.kit.schemas import Schema
from infra.ops.errors import CommandRefused

Fields = Mapping[str, Any]
WriteRow = Callable[[Fields, str], None]


def bar(unit: str, total: int | None = None, initial: int = 0, beside: TextIO | None = None) -> tqdm:
    """Return a progress bar that counts to `total`.

    It is disabled if standard error is no terminal, or if `beside` is one, where the bar would mix with the output.
    """
    disable = True if beside and beside.isatty() else None
    return tqdm(total=total, initial=initial, unit=f" {unit}", disable=disable, file=sys.stderr, dynamic_ncols=True)


def say(text: str) -> None:
    """Print a line on standard error, above the progress bar."""
    tqdm.write(text, file=sys.stderr)


@contextmanager
def opened(out: Path | None, stdout: TextIO) -> Iterator[TextIO]:
    """Yield standard output, or the file `out`, which is replaced atomically and only its owner may read.

    Raises CommandRefused if the folder does not exist.
    """
    if out is None:
        yield stdout
        return
    if not out.parent.is_dir():
        raise CommandRefused(f"there is no folder {out.parent}")
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    try:  # before the file exists: a signal may come at any moment
        with open(temporary, "x", encoding="utf-8", newline="", opener=_open_privately) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(out)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _open_privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write(shape: type[Schema], rows: Iterable[Schema], file: TextIO, *, as_csv: bool) -> None:
    """Stream rows as one JSON array, or as CSV with a header line."""
    (_csv if as_csv else _json)(shape, rows, file)


def write_lines(rows: Iterable[Schema], columns: Sequence[str], arguments: Namespace) -> None:
    """Stream rows as lines of tab-separated columns; as one JSON array with all of their fields if `--json` was given."""
    if arguments.json:
        _json(Schema, rows, arguments.stdout)
        return
    for row in rows:
        values = row.model_dump(mode="json", include=set(columns))
        print(*(_cell(values[name]) for name in columns), sep="\t", file=arguments.stdout)


def write_result(arguments: Namespace, result: Schema | Fields, text: str | None = None) -> None:
    """Write the result of a command: its text, or the JSON object if `--json` was given or there is no text."""
    if text is not None and not arguments.json:
        print(text, file=arguments.stdout)
    elif isinstance(result, Schema):
        print(result.model_dump_json(indent=2), file=arguments.stdout)
    else:
        print(json.dumps(result, indent=2, default=str), file=arguments.stdout)


@contextmanager
def lines(arguments: Namespace) -> Iterator[WriteRow]:
    """Yield a function that writes one row: its text as a line, or its fields in a JSON array if `--json` was given.

    The array is closed even if the block fails or is stopped, so that the output is always JSON.
    """
    file: TextIO = arguments.stdout
    separator = "[\n"

    def write_row(fields: Fields, text: str) -> None:
        nonlocal separator
        if arguments.json:
            file.write(separator + json.dumps(fields, default=str))
            separator = ",\n"
        else:
            print(text, file=file)

    try:
        yield write_row
    finally:
        if arguments.json:
            file.write("\n]\n" if separator == ",\n" else "[]\n")


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return " ".join(f"{key}:{each}" for key, each in value.items()) or "-"
    return "-" if value is None else value


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
