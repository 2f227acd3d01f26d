"""The proof of a move: a line of JSON for each range with the hash that both sides have, in S3 beside the job's report.

A second file has a line for each rejected row. Both grow by parts while ranges are compared; one part is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chalicelib.integrations import storage
from chalicelib.integrations.multipart_uploads import MultipartUpload
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
_LINES = "application/x-ndjson"


class ProofWriter:
    """Collects the lines of compared ranges, and stores them as parts of the proof.

    Writing a part again replaces it.
    """

    def __init__(self, run: JobRun) -> None:
        self._run = run
        self._lines: list[str] = []
        self._rejected: list[str] = []

    def add(self, table: str, after: Sequence[Any] | None, done: ReconciledRange) -> None:
        """Add the line of a range, and those of its rejected rows."""
        through = list(done.through) if done.through else None
        line = {"table": table, "after": after, "through": through, "rows": done.rows, "sha256": done.digest}
        self._lines.append(json.dumps(line) + "\n")
        self._rejected += [json.dumps({_REJECTED: asdict(row)}, ensure_ascii=False) + "\n" for row in done.rejected]

    def write_part(self, position: MovePosition) -> MovePosition:
        """Store the lines that were added since the last parts. Returns the position with the number of parts.

        Raises LeaseLost.
        """
        parts = self._store(PROOF, position.parts, self._lines)
        rejected_parts = self._store(_REJECTED, position.rejected_parts, self._rejected)
        self.forget()
        return replace(position, parts=parts, rejected_parts=rejected_parts)

    def forget(self) -> None:
        """Drop lines of a round that ended with repairs."""
        self._lines, self._rejected = [], []

    def _store(self, name: str, number: int, lines: Sequence[str]) -> int:
        """Store lines as the part of this number. Returns the number of the next part."""
        if not lines:
            return number
        self._run.require_lease()  # a part that another worker has stored must not be replaced
        storage.put(_part(self._run.job, name, number), "".join(lines).encode(), _LINES)
        return number + 1


def write_proof(run: JobRun, work: Pass) -> None:
    """Join the parts of the last round, and store the proof in the job's report. May be repeated. Raises LeaseLost."""
    work.write_position()
    parts = {PROOF: work.position.parts, _REJECTED: work.position.rejected_parts}
    tables: dict[str, ProvenTable] = {}
    proof: dict[str, Any] = {"rounds": work.position.round}
    proof["file_url"] = _join(run, PROOF, parts[PROOF], lambda line: add_proof_line(tables, json.loads(line)))
    proof["tables"] = [table.to_json() for name, table in tables.items() if name not in TECHNICAL_TABLES]
    report = {**(run.job.report or {}), PROOF: proof}
    if parts[_REJECTED]:
        rejections = _Rejections()
        proof["rejected_file_url"] = _join(run, _REJECTED, parts[_REJECTED], rejections.add)
        report |= {"rejected": rejections.shown, "rejected_count": rejections.count}
    work.position = replace(work.position, is_done=True)
    work.write_position(report=job_reports.store_report(run.job, report))
    for name, count in parts.items():
        for number in range(count):
            storage.delete(_part(run.job, name, number))


@dataclass
class _Rejections:
    """The number of rejected rows, and the first ones."""

    count: int = 0
    shown: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: bytes) -> None:
        self.count += 1
        if self.count <= SHOWN_REJECTIONS:
            self.shown.append(json.loads(line)[_REJECTED])


def _join(run: JobRun, name: str, count: int, read_line: Callable[[bytes], None]) -> str:
    """Join the parts of a file beside the job's report, and read its lines. Returns its address. Raises LeaseLost."""
    url = job_reports.report_address(run.job, f"{name}.jsonl")
    upload = MultipartUpload(*storage.parts(url), _LINES)
    try:
        for number in range(count):
            data = storage.get(_part(run.job, name, number))
            for line in data.splitlines():
                read_line(line)
            upload.write(data)
        run.require_lease()
        upload.complete()
    except BaseException:
        upload.abort()
        raise
    return url


def _part(job: ProvisioningJob, name: str, number: int) -> str:
    return job_reports.report_address(job, f"{name}-part-{number:06}.jsonl")
