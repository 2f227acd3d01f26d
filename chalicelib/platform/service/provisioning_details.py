"""Names of details in the request of a job that creates a place."""

from __future__ import annotations

DATABASE_TYPE = "database_type"
"""The store's type of database, if the requested server is not of that type."""
LOGIN_SUFFIX = "login_suffix"
"""The suffix that the pooler of a Supabase project needs after each login's name."""
