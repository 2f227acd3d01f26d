"""Lakes: events in Parquet objects, by tenant and day; whose they are, how long they live, how a person is erased.

Keys are `<folder>tenant=<quoted tenant>/…`; in the folder of the events `day=<YYYY-MM-DD>/<name>.parquet` follows. A day
has one object of united events and any number of parts that are not yet united.

A shop's or store's erasure deletes the folders of its tenants. A person's erasure rewrites the objects with events of
the person (`If-Match`): the events stay, without their person. A writer of a lake keeps three rules, so that an
erased person does not come back:

1. Collecting drops the events of `erased_users`.
2. A computation that has read a day (with its parts and its neighbour) asks for the `erased_users` of what it has read
   and removes them from it like an erasure (`integrations/lake_files.py`), before it writes objects or rows.
3. It puts an object only over the version that it has read (`If-Match`, `If-None-Match: *` for a new one), and starts
   again with fresh reads if S3 refuses. A part's name is only a name: an erasure changes its content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from chalicelib.kit import table_schema, tombstones
from chalicelib.kit.data_policy import Bucket, ObjectPrefix
from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.kit.subject_queries import placeholders
from chalicelib.kit.tables import Table

ROOT = "lake/"
"""Every lake is below this prefix; the roles of erasure and export may use it."""
UNITED = "day.parquet"
"""The name of a day's object with its united events; all others of the day are parts."""


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """The personal columns of a lake's events, and what an erasure does with them in the events of the person.

    All other columns stay. An object may lack any of the columns.
    """

    person: str
    """Holds the id of the person."""
    visit: tuple[str, ...]
    """The first of these columns with a value holds the key of the visit."""
    substitutes: tuple[str, ...]
    """Values are replaced by substitutes, equal ones by equal ones, so that persons and visits are counted as before."""
    emptied: tuple[str, ...]
    kept_keys: Mapping[str, tuple[str, ...]]
    """JSON columns, with the keys that stay because numbers depend on them. Other keys are removed."""


@dataclass(frozen=True, slots=True)
class PersonDays:
    """A table with a row for each day on which a person has united events. Its range key is the day (YYYY-MM-DD)."""

    table: type[Table]
    key: str
    """The hash key, as a template over `{tenant}` and `{id}`."""


@dataclass(frozen=True, slots=True)
class Lake:
    """Events of tenants and their persons. `name` is `<context>/<folder>`. Raises ValueError for a faulty declaration."""

    name: str
    bucket: Bucket
    columns: PersonColumns
    days: PersonDays
    tenants: Mapping[SubjectType, str]
    """Templates of the tenants that belong to a subject: their folders are deleted and exported whole."""
    persons: Mapping[SubjectType, str]
    """Templates of the tenants with events of a type of person, whose `{id}` is in the person column."""
    mark_due: Callable[[str, str], None]
    """Has the rows of a tenant's day computed again. Called, perhaps repeatedly, before the day is rewritten."""
    lifetime: timedelta
    """After the last write of a day, its object is deleted by the bucket."""
    transitions: Mapping[str, int]
    """S3 storage classes in order of time, each with the days after the last write from which on an object has it."""
    undated: tuple[str, ...] = ()
    """Names of further folders of the context, without days and without an end, with data of the same persons."""
    note: str = ""

    def __post_init__(self) -> None:
        if not table_schema.range_key(self.days.table):
            raise ValueError(f"{self.name}: the table of days needs a range key, the day")
        if placeholders(self.days.key) != {"tenant", "id"}:
            raise ValueError(f"{self.name}: `{self.days.key}` needs the tenant and the id of the person")
        if any("id" in placeholders(template) for template in self.persons.values()):
            raise ValueError(f"{self.name}: the tenant of a person cannot depend on the person's id")

    @property
    def folder(self) -> str:
        """The folder of the events."""
        return f"{ROOT}{self.name}/"

    @property
    def undated_folders(self) -> tuple[str, ...]:
        """The folders of the objects without days."""
        context = self.name.partition("/")[0]
        return tuple(f"{ROOT}{context}/{name}/" for name in self.undated)

    @property
    def object_prefixes(self) -> tuple[ObjectPrefix, ...]:
        """The folders of tenants, to be deleted or exported whole."""
        return tuple(
            ObjectPrefix(
                self.bucket,
                folder,
                folders={who: tenant_folder(folder, template) for who, template in self.tenants.items()},
                is_quoted=True,
                note=self.note,
            )
            for folder in (self.folder, *self.undated_folders)
        )

    def day_folder(self, tenant: str, day: str) -> str:
        """Return the folder of a tenant's day."""
        return f"{tenant_folder(self.folder, tenant)}day={day}/"


def tenant_folder(folder: str, tenant: str) -> str:
    """Return the folder of a tenant, or of a template of tenants. No other tenant's folder begins with it."""
    return f"{folder}tenant={quote(tenant, safe='{}')}/"


def person_subject(lake: Lake, tenant: str, user: str) -> str | None:
    """Return the subject name of a tenant's user; None if users of the tenant are not data subjects."""
    for subject_type, template in lake.persons.items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^:]+)", re.escape(template))
        match = re.fullmatch(pattern, tenant)
        if match:
            return str(Subject(subject_type, user, match.groupdict().get("shop", "")))
    return None


def erased_users(lake: Lake, tenant: str, users: Collection[str]) -> set[str]:
    """Return those of a tenant's users that are erased."""
    names = {name: user for user in sorted(users) if (name := person_subject(lake, tenant, user))}
    return {names[name] for name in tombstones.erased_among(names)}
