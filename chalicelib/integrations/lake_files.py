"""Find, read and anonymise the events of persons in Parquet files of a lake, with DuckDB.

An event is the person's if it has the person's id; without any id, if its visit has the person's id and nobody else's.
Files are streamed: a file of a million events is rewritten within DuckDB's memory limit.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.integrations.parquet import database, literal, quoted
from chalicelib.kit.lakes import PersonColumns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SUBSTITUTE = "erased-"
"""Substitutes begin with this text."""
_IS_OWN = "__is_own"


@dataclass(frozen=True, slots=True)
class PersonFiles:
    """The files of a day, opened together, because a person's visit may be spread over several files."""

    connection: DuckDBPyConnection
    columns: PersonColumns

    def count(self, file: Path) -> int:
        """Return the number of the persons' events in a file."""
        [(count,)] = self.connection.execute(f"SELECT count(*) FROM ({self._marked(file)}) WHERE {_IS_OWN}").fetchall()  # noqa: S608 - all quoted
        return int(count)

    def write_lines(self, file: Path, target: Path) -> None:
        """Write the persons' events of a file as JSON lines."""
        own = f"SELECT * EXCLUDE ({_IS_OWN}) FROM ({self._marked(file)}) WHERE {_IS_OWN}"  # noqa: S608 - all quoted
        self.connection.execute(f"COPY ({own}) TO {literal(str(target))} (FORMAT json)")

    def anonymise(self, file: Path, target: Path) -> None:
        """Write a file again without the persons: all events in their order, theirs with substitutes (see PersonColumns).

        The output is deterministic. Numbers that change when a day is counted again: those by a text that is now empty
        or a removed key (paths, referrers, values, messages of errors), and a visit that the person shared with another
        person counts twice.
        """
        stored = self._names(file)
        replaced = {
            **{name: _substitute(quoted(name)) for name in self.columns.substitutes},
            **dict.fromkeys(self.columns.emptied, "NULL"),
            **{name: _kept_keys(quoted(name), keys) for name, keys in self.columns.kept_keys.items()},
        }
        cases = ", ".join(
            f"CASE WHEN {_IS_OWN} THEN {value} ELSE {quoted(name)} END AS {quoted(name)}"
            for name, value in replaced.items()
            if name in stored
        )
        rows = f"SELECT * EXCLUDE ({_IS_OWN}) REPLACE ({cases}) FROM ({self._marked(file)})"  # noqa: S608 - all quoted
        self.connection.execute(f"COPY ({rows}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")

    def _names(self, file: Path) -> set[str]:
        answer = self.connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(file))})")  # noqa: S608 - all quoted
        return {str(row[0]) for row in answer.fetchall()}

    def _marked(self, file: Path) -> str:
        """Return the query for all events of a file, with a column that marks the persons' events."""
        person, key = quoted(self.columns.person), _visit_key(self.columns, self._names(file))
        own_visit = f"{person} IS NULL AND {_substitute(key)} IN (SELECT visit FROM own_visits)" if key else "false"  # noqa: S608 - all quoted
        is_own = f"coalesce({person} IN (SELECT id FROM persons) OR ({own_visit}), false)"  # noqa: S608 - all quoted
        return f"SELECT *, {is_own} AS {_IS_OWN} FROM read_parquet({literal(str(file))})"  # noqa: S608 - all quoted

    def find_visits(self, files: Sequence[Path]) -> None:
        """Find the visits of the persons, and of nobody else, in all files.

        Visits are held by their substitutes: so the visits of a person are found also when an erasure has rewritten only
        some of the files.
        """
        person = quoted(self.columns.person)
        for file in files:
            key = _visit_key(self.columns, self._names(file))
            if key:
                is_erased = f"{person} IN (SELECT substitute FROM persons)"  # noqa: S608 - all quoted
                visit = f"CASE WHEN {is_erased} THEN {key} ELSE {_substitute(key)} END"
                is_own = f"{is_erased} OR {person} IN (SELECT id FROM persons)"  # noqa: S608 - all quoted
                rows = f"read_parquet({literal(str(file))}) WHERE {person} IS NOT NULL AND {key} IS NOT NULL"
                self.connection.execute(f"INSERT INTO visits SELECT DISTINCT {visit}, {is_own} FROM {rows}")  # noqa: S608 - all quoted
        self.connection.execute(
            "CREATE TABLE own_visits AS SELECT visit FROM visits GROUP BY visit HAVING bool_and(is_own)"
        )


@contextmanager
def open_files(
    columns: PersonColumns, users: Collection[str], secret: str, files: Sequence[Path]
) -> Iterator[PersonFiles]:
    """Open the files of a day to find the events of the persons with these ids.

    `secret` makes the substitutes; without it, nobody can trace them back.
    """
    with database() as (connection, _):
        connection.execute("SET VARIABLE secret = " + literal(secret))
        connection.execute("CREATE TABLE persons (id VARCHAR, substitute VARCHAR)")
        connection.execute("CREATE TABLE visits (visit VARCHAR, is_own BOOLEAN)")
        for user in sorted(users):
            connection.execute(f"INSERT INTO persons VALUES ({literal(user)}, {_substitute(literal(user))})")  # noqa: S608 - all quoted
        opened = PersonFiles(connection, columns)
        opened.find_visits(files)
        yield opened


def without_persons(
    columns: PersonColumns, users: Collection[str], contents: Sequence[bytes], others: Sequence[bytes] = ()
) -> list[bytes]:
    """Return files of a day without the persons with these ids, like an erasure.

    `others` are further files of the day, which are read to find the persons' visits. Nobody can trace the substitutes
    back, because the secret is random.
    """
    with tempfile.TemporaryDirectory(prefix="persons-") as folder:
        files = [Path(folder) / f"{number}.parquet" for number in range(len(contents) + len(others))]
        for file, content in zip(files, [*contents, *others], strict=True):
            file.write_bytes(content)
        target = Path(folder) / "target.parquet"
        anonymous = []
        with open_files(columns, users, secrets.token_hex(16), files) as opened:
            for file in files[: len(contents)]:
                opened.anonymise(file, target)
                anonymous.append(target.read_bytes())
        return anonymous


def _substitute(value: str) -> str:
    return f"{literal(SUBSTITUTE)} || left(sha256(getvariable('secret') || '/' || {value}), 32)"


def _visit_key(columns: PersonColumns, stored: set[str]) -> str:
    """Return the key of an event's visit in SQL; empty if the file has no column of it."""
    names = [quoted(name) for name in columns.visit if name in stored]
    return f"coalesce({', '.join(names)})" if names else ""


def _kept_keys(column: str, keys: Sequence[str]) -> str:
    """Return the JSON object in a column with these keys only, in SQL; null if the column holds no JSON object."""
    paths = {key: literal('$."' + key + '"') for key in sorted(keys)}
    pairs = ", ".join(f"{literal(key)}, json_extract({column}, {path})" for key, path in paths.items())
    kept = f"json_merge_patch('{{}}', json_object({pairs}))"  # removes the keys without a value
    return f"CASE WHEN json_valid({column}) AND json_type({column}) = 'OBJECT' THEN CAST({kept} AS VARCHAR) END"
