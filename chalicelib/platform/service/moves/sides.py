"""The two sides of a move: the store's current place, and the new place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.platform.domain.row_hashes import hash_range
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.repository import integration_configs, store_schemas, store_tables
from chalicelib.platform.repository.store_ranges import TableSide
from chalicelib.platform.service import provisioning_places, store_connections
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.ranges import ReconciledRange, reconcile_range
from chalicelib.platform.store_database.cursors import CURSORS
from chalicelib.platform.store_database.tables import TABLES

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

MOVED_TABLES = (*TABLES, CURSORS)
"""The tables in the order in which they are copied. With the positions of imports, a running import resumes."""


@dataclass(frozen=True, slots=True)
class MoveSides:
    """Open connections to both sides, until the run ends."""

    source: Connection
    source_place: StorePlace
    target: Connection
    target_schema: str
    source_tables: frozenset[str]

    @classmethod
    def open(cls, run: JobRun) -> MoveSides:
        """Connect to both sides. The source is read with the login of the store's calls."""
        target = provisioning_places.get_target(run)
        place = integration_configs.load_place(run.store)
        source = run.resources.enter_context(store_connections.connect(place.server))
        with store_schemas.statements(source):
            tables = store_tables.list_tables(source, place.server.dialect, place.schema)
        return cls(source, place, run.connect(target), target.schema, frozenset(tables))

    def reconcile(self, run: JobRun, table: Table, after: list[str] | None) -> ReconciledRange:
        """Compare and repair a range of a table. A technical table that a source of an earlier revision lacks is empty."""
        if table.name not in self.source_tables:
            return ReconciledRange(None, 0, hash_range([]), is_repaired=False)
        return reconcile_range(run, self.source_of(table), self.target_of(table), after)

    def source_of(self, table: Table) -> TableSide:
        """Return a table of the source."""
        return TableSide(self.source, self.source_place.schema, table, self.source_place.role)

    def target_of(self, table: Table) -> TableSide:
        """Return a table of the target."""
        return TableSide(self.target, self.target_schema, table)
