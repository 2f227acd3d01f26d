"""Data policies: how a context declares how long its rows live, whose data they are, and how a subject is erased.

`retention` sweeps, erases and exports by these declarations. Values are templates over the subject: `{subject_type}`
(shop, customer, member, store), `{id}`, `{shop}`, `{app}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.tables import Table


class ErasureAction(StrEnum):
    """What an erasure does with a column of a row that is not deleted."""

    REMOVED = "removed"
    PSEUDONYM = "pseudonymised"


@dataclass(frozen=True, slots=True)
class OwnerFilter:
    """Selects the subject's rows among those that a query finds: one matching column is enough."""

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
class SubjectQuery:
    """Finds a subject's rows: those where `column` equals `value`, by key or index if `column` is its hash key.

    With `via`, the subject's rows of that table fill the template with their own columns; `transform` maps the result.
    """

    subject_type: SubjectType
    column: str
    value: str
    range_key: str = ""
    """Template of the range key."""
    via: str = ""
    transform: Callable[[str], str] | None = None
    contains: bool = False
    """`column` contains the value instead of being equal to it."""
    owner: OwnerFilter | None = None
    redactions: Mapping[str, ErasureAction] | None = None
    """Keep the row and apply these actions to its columns; None: delete the row."""
    keep_reason: str = ""
    """Why the row is kept."""
    other_owner: str = ""
    """Template of a subject over rows of `via`: the row is kept while another subject owns it and is not erased."""
    scan_reason: str = ""
    """Why the table is scanned; required if neither key nor index fits."""
    counter: CounterAdjustment | None = None


@dataclass(frozen=True, slots=True)
class TablePolicy:
    """Personal data in a table. `name` is `<context>/<table>`; each column is either personal or impersonal."""

    name: str
    table: type[Table]
    personal: tuple[str, ...] = ()
    impersonal: tuple[str, ...] = ()
    queries: tuple[SubjectQuery, ...] = ()
    app: str = ""
    """Handle of the only app with rows here; or, in braces, the column that holds the handle."""
    object_columns: tuple[str, ...] = ()
    """Columns with the addresses of the row's S3 objects, which are deleted with it."""
    alias_column: str = ""
    """A column with another identifier of the subject: a customer's order id, a member's Stripe customer id."""
    erase_last: bool = False
    """Erase these rows last. Until then lookups must find them; otherwise the caller would create a new one."""
    unique_values: tuple[tuple[str, ...], ...] = ()
    """The row's claims on unique values: the field's name, then the columns with the values."""
    note: str = ""


class Bucket(StrEnum):
    IMAGES = "images"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class ObjectPrefix:
    """Personal data below a prefix of a bucket. `folders` are templates of a subject's folders."""

    bucket: Bucket
    prefix: str
    folders: Mapping[SubjectType, str] = field(default_factory=lambda: MappingProxyType({}))
    shared_folders: Mapping[SubjectType, str] = field(default_factory=lambda: MappingProxyType({}))
    """Folders whose objects hold data of several subjects and can be created again: they are deleted, too."""
    content_matched: frozenset[SubjectType] = frozenset()
    """Subject types whose objects are identified by their content, not by their folder."""
    app: str = ""
    note: str = ""


class ExpiryAction(StrEnum):
    """What a sweep does with an expired row."""

    DELETE = "delete"
    ARCHIVE = "archive"
    """Write it to the archive, verify the file, then delete it."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Rows of `table` expire `lifetime` after the time in `timestamp_column`; rows without that time never expire.

    `name` is `<context>/<table>`, which is also the rule's folder in the archive.
    """

    name: str
    table: type[Table]
    timestamp_column: str
    lifetime: timedelta
    action: ExpiryAction


def columns(text: str) -> tuple[str, ...]:
    """Return the names in a text, split at white space."""
    return tuple(text.split())
