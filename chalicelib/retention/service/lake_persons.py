"""A person's events in the objects of a lake: counted, read for an export, removed by an erasure."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.integrations import lake_files
from chalicelib.integrations.lake_files import PersonFiles
from chalicelib.kit import retries
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.lakes import Lake
from chalicelib.retention.domain.row_ownership import SubjectContext
from chalicelib.retention.repository import lake_objects
from chalicelib.retention.repository.lake_objects import LakeDay, LakeObject

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class PersonObject:
    """An object with events of the person."""

    lake: Lake
    stored: LakeObject
    files: PersonFiles
    events: int

    @property
    def key(self) -> str:
        return self.stored.key

    def lines(self) -> Iterator[bytes]:
        """Yield the person's events as JSON lines."""
        target = self._scratch("ndjson")
        self.files.write_lines(self.stored.file, target)
        with target.open("rb") as file:
            yield from file

    def anonymise(self) -> None:
        """Replace the object by one without the person. Raises WriteConflict if it has changed."""
        target = self._scratch("rewritten")
        self.files.anonymise(self.stored.file, target)
        lake_objects.replace_object(self.lake, self.stored, target)
        target.unlink()

    def _scratch(self, suffix: str) -> Path:
        return self.stored.file.with_suffix(f".{suffix}")


@contextmanager
def open_day(lake: Lake, context: SubjectContext, secret: str, day: LakeDay) -> Iterator[list[PersonObject]]:
    """Download a day and return its objects with events of the person, sorted by key.

    `secret` makes the substitutes. Raises WriteConflict if a computation has united a part in the meantime.
    """
    with lake_objects.download(lake, day) as objects:
        paths = [each.file for each in objects]
        with lake_files.open_files(lake.columns, [str(context.id)], secret, paths) as files:
            counts = ((each, files.count(each.file)) for each in objects)
            yield [PersonObject(lake, each, files, count) for each, count in counts if count]


def iterate_lines(lake: Lake, context: SubjectContext) -> Iterator[bytes]:
    """Yield all events of the person as JSON lines, by tenant and day. Raises Unavailable if a day keeps changing."""
    for day in lake_objects.iterate_days(lake, context):
        for _ in retries.attempts(_ATTEMPTS):
            try:
                with open_day(lake, context, secrets.token_hex(16), day) as person_objects:
                    for each in person_objects:
                        yield from each.lines()
                break
            except WriteConflict:
                continue
        else:
            raise Unavailable("A computation keeps changing a day of the lake.")
