"""Use cases of retention: the sweep of every rule's expired rows."""

from chalicelib.retention.service.sweeping import sweep, work

__all__ = ["sweep", "work"]
