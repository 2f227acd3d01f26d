"""Names of details in the request of a job that creates a place, and of notes."""

from __future__ import annotations

DATABASE_TYPE = "database_type"
"""The store's type of database, if the requested server is not of that type."""
LEGACY_SOURCE = "from"
"""The legacy database that a move takes its rows from. A note of this name is in such a job, for readers without the key."""
LOGIN_SUFFIX = "login_suffix"
"""The suffix that the pooler of a Supabase project needs after each login's name."""
