"""What can go wrong in the archive, and with requests of privacy."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound


class ArchiveDamaged(RuntimeError):
    """A file does not hold what its manifest says. None of its rows is deleted."""


class Overtaken(RuntimeError):
    """Another worker moved this segment, or this request, on; it, not we, goes on with it."""


class Postponed(RuntimeError):
    """It cannot go on yet; the message says why."""


class RequestNotFound(NotFound):
    title = "There is no such request"


class RuleNotFound(NotFound):
    title = "There is no such rule"


class InvalidSubject(InvalidInput):
    title = "This names nobody: write shop:<domain>, customer:<domain>:<GID>, member:<id> or store:<id>"


class ExportNotReady(Conflict):
    title = "There is no export to fetch: it is not made yet, or its time is over"
