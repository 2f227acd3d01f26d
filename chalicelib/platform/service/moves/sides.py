"""The two sides of a move: the store's present place, and the place that the job made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.repository import integration_configs
from chalicelib.platform.repository.store_ranges import TableSide
from chalicelib.platform.service import provisioning_places, store_connections
from chalicelib.platform.service.job_runs import JobRun

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


@dataclass(frozen=True, slots=True)
class MoveSides:
    """Open connections to both sides, until the run ends."""

    source: Connection
    source_place: StorePlace
    target: Connection
    target_schema: str

    @classmethod
    def open(cls, run: JobRun) -> MoveSides:
        """Connect to both sides. The source is read with the login of the store's calls."""
        target = provisioning_places.get_target(run)
        place = integration_configs.load_place(run.store)
        source = run.resources.enter_context(store_connections.connect(place.server))
        return cls(source, place, run.connect(target), target.schema)

    def source_of(self, table: Table) -> TableSide:
        """Return a table of the source."""
        return TableSide(self.source, self.source_place.schema, table, self.source_place.role)

    def target_of(self, table: Table) -> TableSide:
        """Return a table of the target."""
        return TableSide(self.target, self.target_schema, table)
