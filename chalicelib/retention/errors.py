"""What can go wrong in the archive."""

from __future__ import annotations


class ArchiveDamaged(RuntimeError):
    """A file does not hold what its manifest says. None of its rows is deleted."""


class Overtaken(RuntimeError):
    """Another worker moved this segment on; it, not we, goes on with it."""
