"""Reconciliation of one key range: makes the target's rows equal to the source's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.errors import FailureReason, StatementFailed
from chalicelib.platform.database_errors import RowNotPortable
from chalicelib.platform.domain.legacy_rows import RejectedRow
from chalicelib.platform.domain.move_ranges import RANGE_ROWS, Key, RangeRepair, compare_range, last_key
from chalicelib.platform.domain.row_hashes import hash_range, hash_row, hash_texts
from chalicelib.platform.repository import store_ranges, store_texts
from chalicelib.platform.repository.store_ranges import TableSide, Values
from chalicelib.platform.repository.store_texts import Texts
from chalicelib.platform.service.job_runs import JobRun

REFUSALS = frozenset(
    [FailureReason.UNIQUE, FailureReason.REFERENCE, FailureReason.CHECK, FailureReason.NULL, FailureReason.VALUE]
)


@dataclass(frozen=True, slots=True)
class ReconciledRange:
    """A range of the source that was compared. `through` is its last key; None if it is the table's last range.

    `digest` is the hash of both sides' rows; it proves nothing if `is_repaired`. `rejected` are rows of a legacy source
    that do not fit.
    """

    through: Key | None
    rows: int
    digest: str
    is_repaired: bool
    rejected: tuple[RejectedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Write:
    """Options of a write: delete rows that hold its unique values first, and omit references to missing rows."""

    replaces: bool = False
    skips_missing: bool = False


_PLAIN = _Write()


def reconcile_range(run: JobRun, source: TableSide, target: TableSide, after: list[str] | None) -> ReconciledRange:
    """Compare the range after a key, row by row, and make the target's rows equal to the source's.

    While the source changes, a row that refers to a missing one is left out or written without the reference: a later
    round finds it. Raises RowNotPortable, LeaseLost, StatementFailed.
    """
    if store_texts.are_texts_comparable(source, target):
        done = _reconcile_texts(run, source, target, after)
        if done is not None:
            return done
    rows = store_ranges.read_range(source, after, RANGE_ROWS)
    by_key = {source.key_of(row): row for row in rows}
    through = last_key(list(by_key), RANGE_ROWS)
    present = store_ranges.read_between(target, after, through)
    if not present and rows:  # nothing to compare: the copy of a range that is not there yet
        write_repair(run, target, by_key, RangeRepair([], [], list(by_key)))
        return ReconciledRange(through, len(rows), "", is_repaired=True)
    digests = {key: hash_row(row) for key, row in by_key.items()}
    repair = compare_range(digests, {target.key_of(row): hash_row(row) for row in present})
    if repair:
        write_repair(run, target, by_key, repair)
    return ReconciledRange(through, len(rows), hash_range(digests.values()), bool(repair))


def _reconcile_texts(
    run: JobRun, source: TableSide, target: TableSide, after: list[str] | None
) -> ReconciledRange | None:
    """Compare the texts of a range, and copy them into an empty one. Returns None if the values must be looked at.

    Raises LeaseLost, StatementFailed.
    """
    rows = store_texts.read_text_range(source, after, RANGE_ROWS)
    through = last_key([source.key_of(row) for row in rows], RANGE_ROWS)
    present = store_texts.read_texts_between(target, after, through)
    if rows == present:
        kinds = store_texts.column_kinds(source.table)
        digest = hash_range(hash_texts(kinds, row) for row in rows)
        return ReconciledRange(through, len(rows), digest, is_repaired=False)
    if present or not _copy_texts(run, target, rows):
        return None
    return ReconciledRange(through, len(rows), "", is_repaired=True)


def _copy_texts(run: JobRun, target: TableSide, rows: list[Texts]) -> bool:
    """Insert the rows in one transaction. Returns whether the target took them. Raises LeaseLost, StatementFailed."""
    own = self_references(target)
    try:
        with engines.translated(), target.connection.begin():
            store_ranges.copy_texts(target, [_without(target, row, own) for row in rows] if own else rows)
            for name in own:
                _link_rows(target, name, rows)
            run.require_lease()
    except StatementFailed as failure:
        if failure.reason not in REFUSALS:
            raise
        return False
    return True


def write_repair(run: JobRun, target: TableSide, rows: dict[Key, Values], repair: RangeRepair) -> None:
    """Write a repair in one transaction; retry with other options if rows of the target conflict or are missing.

    Raises RowNotPortable, LeaseLost, StatementFailed.
    """
    write = _PLAIN
    while True:
        try:
            with engines.translated(), target.connection.begin():
                write_rows(target, rows, repair, write)
                run.require_lease()
        except StatementFailed as failure:
            following = _after_refusal(write, failure)
            if following is None:
                if failure.reason in REFUSALS:
                    raise RowNotPortable(
                        f"A row of the table {target.table.name} does not fit the target."
                    ) from failure
                raise
            write = following
        else:
            return


def _after_refusal(write: _Write, failure: StatementFailed) -> _Write | None:
    """Return the options for a retry after the target refused the rows; None if there are none."""
    if failure.reason is FailureReason.UNIQUE and not write.replaces:
        return replace(write, replaces=True)
    if failure.reason is FailureReason.REFERENCE and not write.skips_missing:
        return replace(write, skips_missing=True)
    return None


def write_rows(target: TableSide, rows: dict[Key, Values], repair: RangeRepair, write: _Write = _PLAIN) -> None:
    """Write a repair in the open transaction."""
    updated, inserted = ([rows[key] for key in keys] for keys in (repair.updated, repair.inserted))
    store_ranges.delete_keys(target, repair.deleted)
    if write.replaces:
        store_ranges.delete_keys(target, repair.updated)
        updated, inserted = [], [*updated, *inserted]
        store_ranges.delete_holders(target, inserted)
    if write.skips_missing:
        updated, inserted = (_with_present_references(target, each) for each in (updated, inserted))
    own = self_references(target)
    if not own:
        store_ranges.update_values(target, updated)
        store_ranges.insert_values(target, inserted)
        return
    store_ranges.update_values(target, [_without(target, row, own) for row in updated])
    store_ranges.insert_values(target, [_without(target, row, own) for row in inserted])
    for name in own:
        _link_rows(target, name, [*updated, *inserted])


def self_references(side: TableSide) -> list[str]:
    """Return the columns with which rows of the table refer to others of it."""
    return [each.column for each in store_ranges.references(side.table) if each.table is side.table]


def _link_rows(target: TableSide, name: str, rows: Sequence[Values]) -> None:
    """Set the references to rows of the same table, as far as those are there: the order of keys is another one."""
    position = store_ranges.column_names(target.table).index(name)
    links = {target.key_of(row): row[position] for row in rows if row[position] is not None}
    present = store_ranges.find_present(target, target.table, set(links.values()))
    store_ranges.update_column(target, name, {key: value for key, value in links.items() if value in present})


def _without(side: TableSide, row: Values, names: list[str]) -> Values:
    return tuple(None if column.name in names else value for column, value in zip(side.table.columns, row, strict=True))


def _with_present_references(target: TableSide, rows: list[Values]) -> list[Values]:
    """Return the rows whose required references exist; optional references to missing rows are left out."""
    names = store_ranges.column_names(target.table)
    for reference in store_ranges.references(target.table):
        if reference.table is target.table:
            continue
        position = names.index(reference.column)
        wanted = {row[position] for row in rows if row[position] is not None}
        present = store_ranges.find_present(target, reference.table, wanted)
        if reference.is_nullable:
            rows = [row if row[position] in present else (*row[:position], None, *row[position + 1 :]) for row in rows]
        else:
            rows = [row for row in rows if row[position] in present]
    return rows
