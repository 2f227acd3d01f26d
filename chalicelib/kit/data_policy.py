"""Data policies: how a context declares how long its rows live, whose data they are, and how a subject is erased.

`retention` sweeps, erases and exports by these declarations. The models declare which columns are personal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from chalicelib.kit import subject_query_checks, table_schema
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.subject_queries import SubjectQuery
from chalicelib.kit.tables import Table


@dataclass(frozen=True, slots=True)
class TablePolicy:
    """How the rows of data subjects are found in a table. `name` is `<context>/<table>`.

    Raises ValueError for a declaration that cannot work.
    """

    name: str
    table: type[Table]
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
    """Remark for docs/retention.md; required if personal columns have no query."""
    encrypted_columns: Mapping[str, str] = field(default_factory=dict)
    """Encrypted columns with the subject's own words, which an export opens, each with its encryption context as a template
    over the row. Other secrets are left out."""

    def __post_init__(self) -> None:
        faults = [*self._faults(), *subject_query_checks.query_faults(self.table, self.queries)]
        if faults:
            raise ValueError(f"{self.name}: {'; '.join(faults)}")

    def _faults(self) -> Iterator[str]:
        if not str(self.table.Meta.table_name).endswith(f"-{self.name.replace('/', '-')}"):
            yield f"the table is {self.table.Meta.table_name}"
        if table_schema.personal_columns(self.table) and not self.queries and not self.note:
            yield "personal columns need a query, or a note that says why there is none"
        named = [
            *self.object_columns,
            *self.encrypted_columns,
            self.alias_column,
            *(name for _, *names in self.unique_values for name in names),
        ]
        if self.app.startswith("{"):
            named.append(self.app.strip("{}"))
        for column in sorted({*filter(None, named)} - set(table_schema.columns(self.table))):
            yield f"no column `{column}`"


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
    is_quoted: bool = False
    """Values in the folders' names are percent-encoded, so that each is one part of the key."""
    is_exported: bool = True
    """An export of a subject contains the objects of its folders."""
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
    object_columns: tuple[str, ...] = ()
    """Columns that may hold an S3 address: the archived row has the object's text instead, and the object is deleted."""
