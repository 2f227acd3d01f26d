"""Use cases of retention: the sweep of every rule's expired rows, requests of privacy."""

from chalicelib.retention.service.accepting import accept
from chalicelib.retention.service.sweeping import sweep, work

__all__ = ["accept", "sweep", "work"]
