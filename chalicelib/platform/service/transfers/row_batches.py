"""Writes a batch of an import. Rejected rows do not prevent the others from being stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.kit import clock
from chalicelib.platform.domain import store_rows as rules
from chalicelib.platform.domain.plan_limits import PlanLimit, limit_state
from chalicelib.platform.domain.store_rows import Row, RowErrors
from chalicelib.platform.domain.store_schema import TableSchema
from chalicelib.platform.domain.transfers import ROW_FAILURES, BatchResult, RowFailure
from chalicelib.platform.errors import PlanLimitReached
from chalicelib.platform.models import Store
from chalicelib.platform.repository import store_rows
from chalicelib.platform.repository.store_schema import schemas
from chalicelib.platform.repository.store_transactions import StoreTransaction, savepoint
from chalicelib.platform.service.product_reservations import ProductReservation
from chalicelib.platform.service.store_categories import parents_first, tree_errors
from chalicelib.platform.service.store_upserts import Upsert, plan_upsert

ROW_REASONS = frozenset(
    [
        FailureReason.UNIQUE,
        FailureReason.REFERENCE,
        FailureReason.CHECK,
        FailureReason.NULL,
        FailureReason.VALUE,
    ]
)
"""Reasons of a server that concern the values of a row."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file: its line, the values that it sets, and its id if it is new."""

    line: int
    values: Row
    new_id: str


@dataclass(frozen=True, slots=True)
class BatchTarget:
    """The target of a batch.

    `free_products` is the number of products that the plan still allows, for a dry run, which reserves none.
    """

    store: Store
    schema: TableSchema
    refuses_existing: bool
    reservation: ProductReservation
    free_products: int | None = None


@dataclass(slots=True)
class RowBatch:
    """The writing of a batch in a transaction.

    A refused statement undoes the whole transaction, unless `narrows`: then each refusal is narrowed to its rows.
    """

    transaction: StoreTransaction
    target: BatchTarget
    narrows: bool
    created: int = 0
    updated: int = 0
    failures: list[RowFailure] = field(default_factory=list)

    def write(self, rows: Sequence[FileRow]) -> BatchResult:
        """Write the rows; a row with the key of an earlier row of the batch is written after it.

        Raises StatementFailed.
        """
        while rows:
            rows = self._write_distinct(rows)
        if self.narrows and self.target.free_products is None:
            self.target.reservation.adjust(self.created if self._counts_products else 0)
        return BatchResult(self.created, self.updated, self.failures)

    @property
    def _counts_products(self) -> bool:
        return self.target.schema.name == "products"

    def _write_distinct(self, rows: Sequence[FileRow]) -> list[FileRow]:
        """Write the rows whose keys no earlier row of the batch has. Returns the others, which are fewer."""
        schema, errors = self.target.schema, RowErrors(is_batch=True)
        upsert = Upsert(
            schema,
            [row.values for row in rows],
            [row.new_id for row in rows],
            refuses_existing=self.target.refuses_existing,
            finds_existing=self.narrows or self._counts_products or not self.target.refuses_existing,
        )
        plan = plan_upsert(self.transaction, upsert, self.target.store.currency, errors)
        keys = (schema.key, *schema.unique_keys)
        repeated = {position for names in keys for position in rules.repeated_values(plan.rows, names)}
        for position, reasons in errors.by_position().items():
            if position not in repeated:
                self._reject(rows[position], reasons)
        created = [(rows[position], row) for position, row in plan.created if position not in repeated]
        updated = [(rows[position], row) for position, row in plan.updated if position not in repeated]
        created, updated = self._within_tree(created, updated)
        self._save(self._within_plan(created), updated)
        return [rows[position] for position in sorted(repeated)]

    def _within_tree(self, created: list[_Pair], updated: list[_Pair]) -> tuple[list[_Pair], list[_Pair]]:
        """Reject categories that break their tree; sort the new ones by their level."""
        if self.target.schema.name != "categories":
            return created, updated
        messages = tree_errors(self.transaction, [row for _, row in (*created, *updated)])
        for source, row in (*created, *updated):
            if row["id"] in messages:
                self._reject(source, [("parent_id", messages[row["id"]])])
        created, updated = (
            [(source, row) for source, row in pairs if row["id"] not in messages] for pairs in (created, updated)
        )
        sources = {row["id"]: source for source, row in created}
        return [(sources[row["id"]], row) for row in parents_first([row for _, row in created])], updated

    def _within_plan(self, created: list[_Pair]) -> list[_Pair]:
        """Reserve new products, and reject those beyond the limit of the store's plan."""
        while self._counts_products:
            room = self._reserve(len(created))
            if room is None:
                break
            for source, _ in created[room:]:
                self._reject(source, [("", "the plan's limit of products is reached")])
            created = created[:room]
        return created

    def _reserve(self, count: int) -> int | None:
        """Reserve new products. Returns None if the plan allows all of them, else the number that it allows."""
        if self.target.free_products is not None:
            room = self.target.free_products - self.created
            return None if count <= room else max(0, room)
        try:
            self.target.reservation.adjust(self.created + count)
        except PlanLimitReached as reached:
            free = int(reached.extras["limit"]) - int(reached.extras["used"])
            return max(0, min(count - 1, free + self.target.reservation.count - self.created))
        return None

    def _save(self, created: list[_Pair], updated: list[_Pair]) -> None:
        if not self.narrows:
            self._write_rows(created, updated)
            return
        self._narrow(created, is_new=True)
        self._narrow(updated, is_new=False)

    def _narrow(self, pairs: list[_Pair], *, is_new: bool) -> None:
        """Write rows in one savepoint; if the server refuses them, in two halves, down to the row that it refuses."""
        if not pairs:
            return
        try:
            with savepoint(self.transaction):
                self._write_rows(pairs if is_new else [], [] if is_new else pairs)
        except StatementFailed as failure:
            if failure.reason not in ROW_REASONS:
                raise
            if len(pairs) == 1:
                self._reject(pairs[0][0], self._reasons(failure, pairs[0][1], is_new=is_new))
                return
            middle = len(pairs) // 2
            self._narrow(pairs[:middle], is_new=is_new)
            self._narrow(pairs[middle:], is_new=is_new)

    def _write_rows(self, created: list[_Pair], updated: list[_Pair]) -> None:
        schema = self.target.schema
        store_rows.insert_rows(self.transaction, schema, [row for _, row in created])
        store_rows.update_rows(self.transaction, schema, [row for _, row in updated])
        self.created += len(created)
        self.updated += len(updated)

    def _reasons(self, failure: StatementFailed, row: Row, *, is_new: bool) -> list[tuple[str, str]]:
        """Return the columns and reasons for which the server refuses a row."""
        schema = self.target.schema
        if failure.reason is FailureReason.UNIQUE:
            conflicts = store_rows.find_conflicts(self.transaction, schema, [row])
            columns = [
                names[-1]
                for names, owners in conflicts.items()
                for owner in owners.values()
                if is_new or owner != rules.key_of(schema, row)
            ]
            return [(name, "another row has this value") for name in columns] or [("", "another row has this value")]
        if failure.reason is FailureReason.REFERENCE:
            missing = [name for name in schema.columns if self._refers_to_nothing(name, row)]
            return [(name, "refers to a row that does not exist") for name in missing] or [
                ("", "a reference is broken")
            ]
        return [("", "a value is not allowed together with the row's other values")]

    def _refers_to_nothing(self, name: str, row: Row) -> bool:
        table = self.target.schema.columns[name].references
        if table is None or row[name] is None:
            return False
        return store_rows.find_row(self.transaction, schemas()[table], {"id": row[name]}, ("id",)) is None

    def _reject(self, row: FileRow, reasons: Sequence[tuple[str, str]]) -> None:
        self.failures += [RowFailure(row.line, column, reason) for column, reason in reasons[:ROW_FAILURES]]


_Pair = tuple[FileRow, Row]
"""A row of the file, and the complete row to store."""


def free_products(store: Store, created: int) -> int:
    """Return how many more products the store's plan allows, after those that a dry run would have created."""
    state = limit_state(store, PlanLimit.PRODUCTS, clock.now())
    return state.limit - state.used - created
