"""The source of a move: the store's current place, or a legacy database."""

from __future__ import annotations

from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.legacy import LegacySides
from chalicelib.platform.service.moves.sides import MoveSides
from chalicelib.platform.service.provisioning_details import LEGACY_SOURCE


def open_sides(run: JobRun) -> MoveSides | LegacySides:
    """Connect to the source of the job's request and to its place."""
    return LegacySides.open(run) if LEGACY_SOURCE in run.request.details else MoveSides.open(run)
