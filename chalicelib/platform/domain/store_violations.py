"""Why a store's database refused a statement, in our words. Internal: services turn them into problems."""

from __future__ import annotations


class StatementRefused(Exception):
    """A store's database refused a statement; the transaction is to be rolled back."""


class UniqueViolation(StatementRefused):
    """Another row has a value of a key or of a unique column."""


class ReferenceViolation(StatementRefused):
    """A row refers to one that does not exist."""


class CheckViolation(StatementRefused):
    """A row breaks a check of its table, which our own rules did not foresee: e.g. one that a concurrent change broke."""


class Deadlock(StatementRefused):
    """The server ended the transaction for another one, or a lock was not free in time. A retry may succeed."""
