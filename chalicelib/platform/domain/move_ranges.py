"""Key ranges of a table on both sides of a move: the position of a pass, and the repair of a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

RANGE_ROWS = 1_000
MAX_ROUNDS = 5
"""The maximum number of rounds. The last one must find both sides equal: a repair may change an earlier range."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MovePosition:
    """The position of a pass over all tables: the table's number, and the last key of its completed ranges.

    `ranges` counts the ranges of this round, `repairs` those that were repaired, `parts` and `rejected_parts` the stored
    parts of the proof, and `rows` the source's rows of each table. `is_done` is true once the pass has ended.
    """

    round: int = 1
    table: int = 0
    after: list[Any] | None = None
    ranges: int = 0
    repairs: int = 0
    parts: int = 0
    rejected_parts: int = 0
    is_done: bool = False
    rows: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, note: Mapping[str, Any] | None) -> MovePosition:
        """Return the position stored in a note; the start if there is none."""
        return cls(**(note or {}))

    def to_note(self) -> dict[str, Any]:
        """Return the position as JSON."""
        return asdict(self)

    def passed(self, through: Key | None, rows: int, *, is_repaired: bool) -> MovePosition:
        """Return the position after a range of `rows`. `through` is its last key, None for the table's last range."""
        table = self.table + 1 if through is None else self.table
        after = None if through is None else list(through)
        counts = [*self.rows, *[0] * (self.table + 1 - len(self.rows))]
        counts[self.table] += rows
        repairs = self.repairs + is_repaired
        return replace(self, table=table, after=after, ranges=self.ranges + 1, repairs=repairs, rows=counts)

    def next_round(self) -> MovePosition:
        """Return the beginning of the next round."""
        return MovePosition(round=self.round + 1)


@dataclass(frozen=True, slots=True)
class RangeRepair:
    """The rows of a range to delete from the target, by key, and the source's rows to update and to insert."""

    deleted: list[Key]
    updated: list[Key]
    inserted: list[Key]

    def __bool__(self) -> bool:
        return bool(self.deleted or self.updated or self.inserted)


def compare_range(source: Mapping[Key, bytes], target: Mapping[Key, bytes]) -> RangeRepair:
    """Compare the hashes of a range's rows, by key. Returns the repair that makes the target equal to the source."""
    return RangeRepair(
        deleted=[key for key in target if key not in source],
        updated=[key for key, digest in source.items() if key in target and target[key] != digest],
        inserted=[key for key in source if key not in target],
    )


def last_key(keys: Sequence[Key], limit: int) -> Key | None:
    """Return the last key of a range that was read with a limit; None if the table has no rows after it."""
    return keys[-1] if len(keys) == limit else None
