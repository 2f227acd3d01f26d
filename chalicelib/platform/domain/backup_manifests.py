"""The manifest of a backup: its store, schema revision and time, and the rows and hash of each file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

KEPT = timedelta(days=30)
"""A backup can be downloaded and restored for this long. Then a lifecycle rule of the bucket deletes it."""
NAME = "manifest.json"
"""The name of the manifest in the zip."""
FORMAT = 1


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table's CSV file: its number of rows, and the SHA-256 of its bytes in hexadecimal."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """The content of a backup.

    `revision` is the schema revision; `tables` has the files in the order of the tables' creation.
    """

    store_id: str
    revision: str
    created_at: datetime
    tables: Mapping[str, TableFile]

    @property
    def row_count(self) -> int:
        return sum(file.rows for file in self.tables.values())

    def to_json(self) -> str:
        """Return the text of the manifest."""
        content = {
            "format": FORMAT,
            "store_id": self.store_id,
            "revision": self.revision,
            "created_at": self.created_at.isoformat(),
            "tables": {name: asdict(file) for name, file in self.tables.items()},
        }
        return json.dumps(content, indent=2)


def file_name(table: str) -> str:
    """Return the name of a table's file in the zip."""
    return f"{table}.csv"


def parse_manifest(text: str) -> BackupManifest:
    """Parse a manifest. Raises ValueError if a field is missing or the text is no JSON."""
    try:
        content = json.loads(text)
        tables = {name: TableFile(int(file["rows"]), str(file["sha256"])) for name, file in content["tables"].items()}
        created_at = datetime.fromisoformat(content["created_at"])
        return BackupManifest(str(content["store_id"]), str(content["revision"]), created_at, tables)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the manifest lacks a field") from error


def mismatch(manifest: BackupManifest, name: str, file: TableFile) -> str | None:
    """Return how a table's file differs from the manifest; None if it does not."""
    expected = manifest.tables[name]
    if file.rows != expected.rows:
        return f"{file_name(name)} has {file.rows} rows instead of {expected.rows}."
    if file.sha256 != expected.sha256:
        return f"{file_name(name)} has another SHA-256 than the manifest names."
    return None
