"""Comparison of both sides of a move while changes are paused: repairs the target until both are equal."""

from __future__ import annotations

from chalicelib.platform.database_errors import CopyNotEqual
from chalicelib.platform.domain.move_ranges import MAX_ROUNDS
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.passes import Pass
from chalicelib.platform.service.moves.proofs import ProofWriter, write_proof
from chalicelib.platform.service.moves.sides import MOVED_TABLES
from chalicelib.platform.service.moves.sources import open_sides

COMPARED = "compared"
"""The name of a note: the position of the comparison."""


def compare_copies(run: JobRun) -> None:
    """Compare all ranges on both sides and repair the target, in rounds, until a round finds every range equal.

    The last round's hashes are the proof in the job's report. Raises CopyNotEqual after MAX_ROUNDS, and the errors of
    `copy_rows`.
    """
    proof = ProofWriter(run)
    work = Pass(run, COMPARED, proof.write_part)
    if work.position.is_done:
        return
    sides = open_sides(run)
    with work.turn():
        while work.position.repairs or work.position.table < len(MOVED_TABLES):
            if work.position.table == len(MOVED_TABLES):
                _begin_next_round(work, proof)
            table = MOVED_TABLES[work.position.table]
            after = work.position.after
            done = sides.reconcile(run, table, after)
            proof.add(table.name, after, done)
            work.advance(done)
    write_proof(run, work)


def _begin_next_round(work: Pass, proof: ProofWriter) -> None:
    """Begin another round after one with repairs. Raises CopyNotEqual."""
    if work.position.round >= MAX_ROUNDS:
        raise CopyNotEqual
    proof.forget()
    work.position = work.position.next_round()
