"""The source of a move: the store's current place, or a legacy database."""

from __future__ import annotations

from chalicelib.platform.service import provisioning_places
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.legacy import LegacySides, test_legacy_source
from chalicelib.platform.service.moves.sides import MoveSides
from chalicelib.platform.service.provisioning_details import LEGACY_SOURCE

Sides = MoveSides | LegacySides


def test_servers(run: JobRun) -> None:
    """Test the legacy source, if the request has one, and the requested place, before anything is created.

    Raises InvalidSourceStore, and the errors of `test_place`.
    """
    if LEGACY_SOURCE in run.request.details:
        test_legacy_source(run)
    provisioning_places.test_place(run)


def open_sides(run: JobRun) -> Sides:
    """Connect to the source of the job's request and to its place."""
    return LegacySides.open(run) if LEGACY_SOURCE in run.request.details else MoveSides.open(run)
