"""Errors of retention."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, InvalidInput, NotFound


class ArchiveDamaged(RuntimeError):
    """A file does not match its manifest. None of its rows is deleted."""


class Postponed(RuntimeError):
    """The work must wait; the message says for what."""


class RequestNotFound(NotFound):
    code = "RequestNotFound"
    title = "This privacy request does not exist"


class RuleNotFound(NotFound):
    code = "RuleNotFound"
    title = "This retention rule does not exist"


class InvalidSubject(InvalidInput):
    code = "InvalidSubject"
    title = "Expected shop:<domain>, customer:<domain>:<GID>, member:<id>, store:<id> or owner:<id>"


class ExportNotReady(Conflict):
    code = "ExportNotReady"
    title = "The export is not ready or has expired"
