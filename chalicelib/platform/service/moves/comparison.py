"""Comparison of both sides of a move while changes are paused: repairs the target until both are equal."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.platform.database_errors import CopyNotEqual
from chalicelib.platform.domain.move_ranges import MAX_ROUNDS
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.passes import Pass
from chalicelib.platform.service.moves.proofs import ProofWriter, write_proof
from chalicelib.platform.service.moves.sides import MOVED_TABLES
from chalicelib.platform.service.moves.sources import Sides, open_sides
from chalicelib.platform.service.moves.surplus_rows import has_surplus_rows, remove_all_rows

COMPARED = "compared"
"""The name of a note: the position of the comparison."""


def compare_copies(run: JobRun) -> None:
    """Compare all ranges on both sides and repair the target, in rounds, until a round finds every range equal.

    If the target then has other rows than the source, it is emptied and filled again. The last round's hashes are the proof in the job's report. Raises CopyNotEqual after MAX_ROUNDS, and the errors of
    `copy_rows`.
    """
    proof = ProofWriter(run)
    work = Pass(run, COMPARED, proof.write_part)
    if work.position.is_done:
        return
    sides = open_sides(run)
    with work.turn():
        while not _is_proven(work, sides):
            if work.position.table == len(MOVED_TABLES):
                _begin_next_round(work, proof, sides)
            table = MOVED_TABLES[work.position.table]
            after = work.position.after
            done = sides.reconcile(run, table, after)
            proof.add(table.name, after, done)
            work.advance(done)
    write_proof(run, work)


def _is_proven(work: Pass, sides: Sides) -> bool:
    """Return whether a round has ended that found every range equal and no other rows in the target."""
    position = work.position
    return position.table == len(MOVED_TABLES) and not position.repairs and not has_surplus_rows(sides, position)


def _begin_next_round(work: Pass, proof: ProofWriter, sides: Sides) -> None:
    """Begin another round after one that proved nothing. Raises CopyNotEqual, Postponed, LeaseLost."""
    if work.position.round >= MAX_ROUNDS:
        raise CopyNotEqual
    if has_surplus_rows(sides, work.position):
        work.position = replace(work.position, repairs=work.position.repairs + 1)
        work.write_position()  # before a row is deleted: a worker that takes over must not believe this round
        remove_all_rows(work.run, sides)
    proof.forget()
    work.position = work.position.next_round()
