"""The proof of a move: a line of JSON for each range with the hash that both sides have, in S3 beside the job's report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from chalicelib.integrations import storage
from chalicelib.platform.domain.move_proofs import ProvenTable, add_proof_line
from chalicelib.platform.domain.move_ranges import MovePosition
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.service import job_reports
from chalicelib.platform.service.job_runs import JobRun
from chalicelib.platform.service.moves.passes import Pass
from chalicelib.platform.service.moves.ranges import ReconciledRange
from chalicelib.platform.store_database.cursors import TECHNICAL_TABLES

PROOF = "proof"
"""The key of the proof in a job's report."""
SHOWN_REJECTIONS = 20
"""Rejected rows in the report; all are in a file."""
_REJECTED = "rejected"
_REJECTED_START = b'{"rejected"'


class ProofWriter:
    """Collects the lines of compared ranges, and stores them as parts of the proof.

    Writing a part again replaces it.
    """

    def __init__(self, run: JobRun) -> None:
        self._job = run.job
        self._lines: list[str] = []

    def add(self, table: str, after: Sequence[Any] | None, done: ReconciledRange) -> None:
        """Add the line of a range."""
        through = list(done.through) if done.through else None
        line = {"table": table, "after": after, "through": through, "rows": done.rows, "sha256": done.digest}
        self._lines.append(json.dumps(line) + "\n")
        self._lines += [json.dumps({_REJECTED: asdict(row)}, ensure_ascii=False) + "\n" for row in done.rejected]

    def write_part(self, position: MovePosition) -> MovePosition:
        """Store the lines that were added since the last part. Returns the position with the number of parts."""
        if not self._lines:
            return position
        storage.put(_part(self._job, position.parts), "".join(self._lines).encode(), "application/x-ndjson")
        self.forget()
        return replace(position, parts=position.parts + 1)

    def forget(self) -> None:
        """Drop lines of a round that ended with repairs."""
        self._lines = []


def write_proof(run: JobRun, work: Pass) -> None:
    """Join the parts of the last round, and store the proof in the job's report. May be repeated."""
    work.write_position()
    count = work.position.parts
    texts = [storage.get(_part(run.job, number)) for number in range(count)]
    lines = b"".join(texts).splitlines()
    rejected = [line for line in lines if line.startswith(_REJECTED_START)]
    proven = [line for line in lines if not line.startswith(_REJECTED_START)]
    proof = {"rounds": work.position.round, "tables": _summary(proven), "file_url": _store_lines(run, "proof", proven)}
    report = {**(run.job.report or {}), PROOF: proof}
    if rejected:
        shown = [json.loads(line)[_REJECTED] for line in rejected[:SHOWN_REJECTIONS]]
        report |= {"rejected": shown, "rejected_count": len(rejected)}
        proof["rejected_file_url"] = _store_lines(run, _REJECTED, rejected)
    work.position = replace(work.position, is_done=True)
    work.write_position(report=job_reports.store_report(run.job, report))
    for number in range(count):
        storage.delete(_part(run.job, number))


def _summary(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the summary of each table of the data API."""
    tables: dict[str, ProvenTable] = {}
    for line in lines:
        add_proof_line(tables, json.loads(line))
    return [table.to_json() for name, table in tables.items() if name not in TECHNICAL_TABLES]


def _store_lines(run: JobRun, name: str, lines: Sequence[bytes]) -> str:
    """Store lines of JSON beside the job's report and return their address."""
    url = job_reports.report_address(run.job, f"{name}.jsonl")
    storage.put(url, b"".join(line + b"\n" for line in lines), "application/x-ndjson")
    return url


def _part(job: ProvisioningJob, number: int) -> str:
    return job_reports.report_address(job, f"part-{number:06}.jsonl")
