"""One module a revision, `r<revision>.py`, with Alembic's `revision`, `down_revision` and `upgrade`."""
