"""The proof of a move: a line of JSON for each range with the hash that both sides have, in S3 beside the job's report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
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
"""The member of a job's report."""
_FILE = "proof.jsonl"


class ProofWriter:
    """Collects the lines of compared ranges, and stores them as parts of the proof. A repeated part replaces itself."""

    def __init__(self, run: JobRun) -> None:
        self._job = run.job
        self._lines: list[str] = []

    def add(self, table: str, after: Sequence[Any] | None, done: ReconciledRange) -> None:
        """Add the line of a range."""
        through = list(done.through) if done.through else None
        line = {"table": table, "after": after, "through": through, "rows": done.rows, "sha256": done.digest}
        self._lines.append(json.dumps(line) + "\n")

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
    tables: dict[str, ProvenTable] = {}
    for line in b"".join(texts).splitlines():
        add_proof_line(tables, json.loads(line))
    url = job_reports.report_address(run.job, _FILE)
    storage.put(url, b"".join(texts), "application/x-ndjson")
    proof = {
        "rounds": work.position.round,
        "tables": [table.to_json() for name, table in tables.items() if name not in TECHNICAL_TABLES],
        "file_url": url,
    }
    work.position = replace(work.position, is_done=True)
    work.write_position(report={**(run.job.report or {}), PROOF: proof})
    for number in range(count):
        storage.delete(_part(run.job, number))


def _part(job: ProvisioningJob, number: int) -> str:
    return job_reports.report_address(job, f"parts/{number:06}.jsonl")
