"""The words in which a context declares whose data its rows and objects are; `retention` erases and exports by them.

A value is written as a template over the subject: `{who}` (shop, customer, member, store), `{id}`, `{shop}`, `{app}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from chalicelib.kit.subjects import Who
from chalicelib.kit.tables import Table


class Fate(StrEnum):
    """What becomes of a column whose row is kept."""

    REMOVED = "removed"
    PSEUDONYM = "pseudonymised"


@dataclass(frozen=True, slots=True)
class Whose:
    """Which of the rows that a claim leads to are the subject's: those that match by one of these."""

    column: str = ""
    """Holds the subject's id."""
    or_column: str = ""
    """Holds the id of another subject, who owns the row just as well: either takes it along."""
    or_nobody: bool = False
    """Those where `column` is empty are theirs, too."""
    named: str = ""
    """Holds another name of the subject: an order that the request names."""
    mention: str = ""
    """Holds JSON, here or in S3, in which the subject's id or another name stands."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter elsewhere that goes down with the row: by `column`, divided by `per`; by one where no column is named."""

    column: str
    table: type[Table]
    key: str
    """Of the counter's row, as a template."""
    counter: str
    per: int = 1
    unless: tuple[str, str] | None = None
    """A column, and the value with which a row does not count."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One way to rows of a kind of subject: those whose `column` has `value`, by key or index if it is one's hash key.

    With `through`, rows of that table which belong to the same subject fill the template with their own columns;
    `made` says what of the value counts.
    """

    who: Who
    column: str
    value: str
    range: str = ""
    """What the range key has then, as a template."""
    through: str = ""
    made: Callable[[str], str] | None = None
    contains: bool = False
    """The column's text holds the value, among others."""
    whose: Whose | None = None
    kept: Mapping[str, Fate] | None = None
    """The row stays, without what this says of its columns; None: it goes."""
    because: str = ""
    """Why it stays."""
    shared: str = ""
    """The row stays while another row of `through` leads to it, too, whose subject is not erased: its name, as a template."""
    scan: str = ""
    """Why no key leads there, where none does."""
    counted: Counted | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What a table holds of people. `name` is `<context>/<table>`; each column is either personal or impersonal."""

    name: str
    table: type[Table]
    personal: tuple[str, ...] = ()
    impersonal: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    app: str = ""
    """The one app that the rows are of; or, in braces, the column that tells it."""
    objects: tuple[str, ...] = ()
    """Columns that say where objects of the row are, which go with it."""
    also: str = ""
    """A column with another name of the subject: an order of a customer's, a member's id at Stripe."""
    last: bool = False
    """The rows go after all others: whoever looks for one meanwhile must find it, or would begin anew."""
    guards: tuple[tuple[str, ...], ...] = ()
    """Guards of the row: the field's name, then the columns whose values it holds."""
    remark: str = ""


class Bucket(StrEnum):
    IMAGES = "images"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Prefix:
    """What a folder of a bucket holds of people. `folders` are those of a subject, as templates."""

    bucket: Bucket
    prefix: str
    folders: Mapping[Who, str] = field(default_factory=lambda: MappingProxyType({}))
    beside: Mapping[Who, str] = field(default_factory=lambda: MappingProxyType({}))
    """Folders whose objects hold the subject's data among others', and can be made anew: they go, too."""
    judged: frozenset[Who] = frozenset()
    """Whose objects are told there by what stands in them."""
    app: str = ""
    remark: str = ""


def columns(text: str) -> tuple[str, ...]:
    """The names in a text, by white space."""
    return tuple(text.split())
