"""The source of a move from a legacy database: converts its rows, and reports rows that do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.integrations.sql.servers import Server
from chalicelib.platform.database_errors import InvalidSourceStore
from chalicelib.platform.domain.legacy_rows import RejectedRow, RowNotConvertible, convert_legacy_row
from chalicelib.platform.domain.move_ranges import RANGE_ROWS, Key, RangeRepair, compare_range, last_key
from chalicelib.platform.domain.row_hashes import hash_range, hash_row
from chalicelib.platform.repository import store_legacy_tables, store_ranges
from chalicelib.platform.repository.certificates import load_certificate
from chalicelib.platform.repository.store_legacy_tables import LegacyTable
from chalicelib.platform.repository.store_ranges import TableSide, Values
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.schemas.databases import MysqlDatabase, OwnDatabase
from chalicelib.platform.service import provisioning_places, store_connections
from chalicelib.platform.service.job_requests import CERTIFICATE
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.ranges import REFUSALS, ReconciledRange, write_rows
from chalicelib.platform.service.moves.requests import LEGACY_CERTIFICATE
from chalicelib.platform.service.provisioning_details import LEGACY_SOURCE

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_WORDS = {
    FailureReason.UNIQUE: "another row has the same unique value",
    FailureReason.REFERENCE: "the row refers to a missing row",
}
_OTHER_WORDS = "a value is not allowed together with the row's other values"


@dataclass(frozen=True, slots=True)
class LegacySides:
    """Open connections to a legacy database and to the target, until the run ends."""

    source: Connection
    source_schema: str
    source_store: str
    target: Connection
    target_schema: str
    moment: datetime
    _tables: dict[str, LegacyTable | None] = field(default_factory=dict)

    @classmethod
    def open(cls, run: JobRun) -> LegacySides:
        """Connect to both sides. Raises InvalidSourceStore if no table of the source names its rows' stores."""
        server, schema = _legacy_server(run)
        source, target = (
            run.resources.enter_context(store_connections.connect(server)),
            provisioning_places.get_target(run),
        )
        sides = cls(source, schema, _legacy_store(run), run.connect(target), target.schema, run.job.created_at)
        _require_stores([sides.legacy_table(name) for name in schemas()], sides.source_store)
        return sides

    def legacy_table(self, name: str) -> LegacyTable | None:
        """Return a table of the source, None if it has none of this name; read once."""
        if name not in self._tables:
            self._tables[name] = _find_table(self.source, self.source_schema, name)
        return self._tables[name]

    def reconcile(self, run: JobRun, table: Table, after: list[Any] | None) -> ReconciledRange:
        """Convert and write the store's legacy rows after a key; report rows that do not fit.

        Raises InvalidSourceStore, LeaseLost.
        """
        legacy = self.legacy_table(table.name) if table.name in schemas() else None
        if legacy is None:
            return ReconciledRange(None, 0, hash_range([]), is_repaired=False)
        if legacy.unreadable is not None:
            rejected = (RejectedRow(table.name, "", legacy.unreadable),)
            return ReconciledRange(None, 0, hash_range([]), is_repaired=False, rejected=rejected)
        return _LegacyRange(run, legacy, self.target_of(table), self).reconcile(after)

    def target_of(self, table: Table) -> TableSide:
        """Return a table of the target."""
        return TableSide(self.target, self.target_schema, table)


def test_legacy_source(run: JobRun) -> None:
    """Connect to the legacy database. Raises InvalidSourceStore if no table names its rows' stores, Unreachable."""
    server, schema = _legacy_server(run)
    with store_connections.connect(server) as connection:
        _require_stores([_find_table(connection, schema, name) for name in schemas()], _legacy_store(run))


def _legacy_server(run: JobRun) -> tuple[Server, str]:
    """Return the server of the legacy database and its schema."""
    content = run.request.details[LEGACY_SOURCE]["database"] | {
        CERTIFICATE: load_certificate(run.notes.get(LEGACY_CERTIFICATE))
    }
    database: OwnDatabase = TypeAdapter[OwnDatabase](OwnDatabase).validate_python(content)
    schema = database.database if isinstance(database, MysqlDatabase) else database.schema_name
    return provisioning_places.own_target(database, run.store.id, "").admin, schema


def _legacy_store(run: JobRun) -> str:
    return str(run.request.details[LEGACY_SOURCE]["store_id"])


def _find_table(connection: Connection, schema: str, name: str) -> LegacyTable | None:
    return store_legacy_tables.find_legacy_table(connection, schema, name, schemas()[name].key)


def _require_stores(tables: Sequence[LegacyTable | None], store_id: str) -> None:
    """Raise InvalidSourceStore if no table has the column `store_id`, or one cannot hold the given value."""
    with_stores = [table for table in tables if table is not None and table.has_stores]
    if not with_stores:
        raise InvalidSourceStore
    for table in with_stores:
        store_legacy_tables.require_store_value(table, store_id)


class _LegacyRange:
    """A range of a legacy table: the accepted rows by key, and the rejected ones."""

    def __init__(self, run: JobRun, legacy: LegacyTable, target: TableSide, sides: LegacySides) -> None:
        self._run, self._legacy, self._target, self._sides = run, legacy, target, sides
        self._rows: dict[Key, Values] = {}
        self._keys: dict[Key, str] = {}
        self._rejected: list[RejectedRow] = []

    def reconcile(self, after: list[Any] | None) -> ReconciledRange:
        """Make the target's rows equal to the converted rows of the range."""
        raw = store_legacy_tables.read_legacy_range(self._legacy, self._sides.source_store, after, RANGE_ROWS)
        for row in raw:
            self._accept(row)
        self._reject_missing_references()
        self._reject_unique_holders()
        digests = {key: hash_row(row) for key, row in self._rows.items()}
        present = store_ranges.read_keys(self._target, list(digests))
        repair = compare_range(digests, {self._target.key_of(row): hash_row(row) for row in present})
        is_written = bool(repair) and self._write(repair)
        ordered = [digests[key] for key in sorted(self._rows)]
        through = last_key([store_legacy_tables.legacy_key(self._legacy, row) for row in raw], RANGE_ROWS)
        return ReconciledRange(through, len(ordered), hash_range(ordered), is_written, tuple(self._rejected))

    def _accept(self, raw: Mapping[str, Any]) -> None:
        name = self._target.table.name
        shown = "/".join(str(each) for each in store_legacy_tables.legacy_key(self._legacy, dict(raw)))
        try:
            store = self._run.store
            row = convert_legacy_row(schemas()[name], raw, store.id, store.currency, self._sides.moment)
        except RowNotConvertible as error:
            self._rejected.append(RejectedRow(name, shown, str(error)))
            return
        key = self._target.key_of(row)
        if key in self._rows:
            self._rejected.append(RejectedRow(name, shown, _WORDS[FailureReason.UNIQUE]))
            return
        self._rows[key], self._keys[key] = row, shown

    def _reject(self, key: Key, reason: str, *, is_kept: bool = False) -> None:
        self._rejected.append(RejectedRow(self._target.table.name, self._keys[key], reason))
        if not is_kept:
            self._rows.pop(key, None)

    def _reject_missing_references(self) -> None:
        """Reject rows that refer to rows which the target lacks; an optional reference is left out, and reported."""
        names = store_ranges.column_names(self._target.table)
        for reference in store_ranges.references(self._target.table):
            position = names.index(reference.column)
            wanted = {row[position] for row in self._rows.values() if row[position] is not None}
            with store_ranges.reading(self._target):
                present = store_ranges.find_present(self._target, reference.table, wanted)
            for key, row in list(self._rows.items()):
                if row[position] is None or row[position] in present:
                    continue
                reason = f"{reference.column} refers to a missing row"
                self._reject(key, reason, is_kept=reference.is_nullable)
                if reference.is_nullable:
                    self._rows[key] = (*row[:position], None, *row[position + 1 :])

    def _reject_unique_holders(self) -> None:
        """Reject rows whose unique value another row of the target or of this range has."""
        for positions in store_ranges.unique_positions(self._target.table):
            holders = store_ranges.find_holders(self._target, list(self._rows.values()), positions)
            for key, row in list(self._rows.items()):
                value = tuple(row[position] for position in positions)
                if None not in value and holders.setdefault(value, key) != key:
                    self._reject(key, _WORDS[FailureReason.UNIQUE])

    def _write(self, repair: RangeRepair) -> bool:
        """Write the rows of a repair; if the server refuses them, write each half separately.

        Returns whether any row was written.
        """
        try:
            with engines.translated(), self._target.connection.begin():
                write_rows(self._target, self._rows, repair)
                self._run.require_lease()
        except StatementFailed as failure:
            if failure.reason not in REFUSALS:
                raise
            keys = [*repair.updated, *repair.inserted]
            if len(keys) == 1:
                self._reject(keys[0], _WORDS.get(failure.reason, _OTHER_WORDS))
                return False
            halves = keys[: len(keys) // 2], keys[len(keys) // 2 :]
            written = [self._write(_part_of(repair, set(half))) for half in halves]
            return any(written)
        return True


def _part_of(repair: RangeRepair, keys: set[Key]) -> RangeRepair:
    return RangeRepair(
        [], [key for key in repair.updated if key in keys], [key for key in repair.inserted if key in keys]
    )
