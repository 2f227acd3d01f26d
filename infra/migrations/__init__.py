"""Alembic revisions of the stores' tables. `make generate` renders them as SQL for each dialect."""
