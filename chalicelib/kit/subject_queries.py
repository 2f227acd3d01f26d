"""Subject queries: which rows of a table belong to a data subject, and what an erasure does with them.

A query combines a lookup (ByKey, ByIndex, ByScan, ViaTable) with an action (Delete, Redact, KeepWhileShared). Values are
templates over the subject: `{subject_type}` (shop, customer, member, store), `{id}`, `{shop}`, `{app}`, and `{alias}`
(each order id of a customer's request, an owner's customer id at Stripe).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter

from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.tables import Table


@dataclass(frozen=True, slots=True)
class ByKey:
    """Finds the rows whose hash key `column` is `value`; with `range_key`, a template, the row with that key.

    A subject without a value for the template, e.g. a guest without an id, has no such row.
    """

    column: str
    value: str
    range_key: str = ""


@dataclass(frozen=True, slots=True)
class ByIndex:
    """Finds the rows whose `column`, the hash key of an index, is `value`."""

    column: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByScan:
    """Finds the rows whose `column` is `value`, or contains it, by a scan of the table."""

    column: str
    value: str
    contains: bool = False
    reason: str
    """Why the table has neither a key nor an index for this lookup."""


DirectLookup = ByKey | ByIndex | ByScan


@dataclass(frozen=True, slots=True)
class ViaTable:
    """Finds rows through the subject's rows of another table.

    The columns of those rows fill the templates of `lookup`; `transform` changes the value.
    """

    table: str
    """`<context>/<table>`."""
    lookup: DirectLookup
    transform: Callable[[str], str] | None = None


Lookup = DirectLookup | ViaTable


@dataclass(frozen=True, slots=True)
class OwnerFilter:
    """Selects the subject's rows among those that a lookup finds: one matching column is enough."""

    column: str = ""
    """Holds the subject's id."""
    other_column: str = ""
    """Holds the id of a second owner. Erasing either owner erases the row."""
    unowned: bool = False
    """Rows with an empty `column` belong to the subject, too."""
    alias_column: str = ""
    """Holds another identifier of the subject, e.g. an order id that the request lists."""
    json_column: str = ""
    """Holds JSON, inline or in S3, that contains the subject's id or another identifier."""


@dataclass(frozen=True, slots=True)
class CounterAdjustment:
    """A counter in another table that decreases when a row is deleted.

    It decreases by the row's `amount_column`, divided by `divisor`; by one if no column is named.
    """

    amount_column: str
    table: type[Table]
    counter_key: str
    """Key of the counter's row, as a template over the deleted row."""
    counter_column: str
    divisor: int = 1
    exclusion: tuple[str, str] | None = None
    """A column and a value: rows with that value do not count."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the row, with its objects and unique values."""

    counter: CounterAdjustment | None = None


class Redaction(StrEnum):
    """What an erasure does with a column of a row that is kept."""

    REMOVED = "removed"
    PSEUDONYM = "pseudonymised"
    PSEUDONYM_WITHIN = "pseudonymised where it names the subject"
    """For a column that may name other subjects: their names stay."""


@dataclass(frozen=True, slots=True)
class Redact:
    """Keep the row without the subject's personal data."""

    columns: Mapping[str, Redaction]
    reason: str
    """Why the row is kept."""


@dataclass(frozen=True, slots=True)
class KeepWhileShared:
    """Keep the row while another subject owns it and is not erased; otherwise delete it. Only with ViaTable."""

    other_owner: str
    """Template of the other subject's name, over rows of the lookup's table."""
    reason: str
    """Why the row is kept."""
    scan_reason: str
    """Why a scan of the lookup's table finds the other owners."""


ErasureAction = Delete | Redact | KeepWhileShared


@dataclass(frozen=True, slots=True)
class SubjectQuery:
    """Finds the rows of one type of subject, and says what an erasure does with them."""

    subject_type: SubjectType
    lookup: Lookup
    action: ErasureAction = Delete()
    owner: OwnerFilter | None = None
    """Selects among the rows that the lookup finds; None: all of them."""
    hidden_columns: tuple[str, ...] = ()
    """Columns that an export leaves out of these rows, e.g. those that another subject alone wrote."""
    is_exported: bool = True
    """Whether an export contains the rows; False if they reveal another subject, or another query finds them."""


def placeholders(template: str) -> set[str]:
    """Return the names in braces of a template."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}
