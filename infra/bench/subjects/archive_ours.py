"""One worker of the sweep: archive and delete its segment of a run. It starts after a line on standard input."""

import sys

import duckdb

from chalicelib.retention.repository import runs
from chalicelib.retention.schemas import SweepRequested
from chalicelib.retention.service import sweep
from infra.bench.subjects.measure import report

duckdb.connect().close()
rule, run, segment = sys.argv[1], sys.argv[2], int(sys.argv[3])


def whole_segment() -> None:
    while segment in runs.segment_cursors(runs.get(rule, run)):  # a worker may time out before its segment is done
        sweep.sweep_segment(SweepRequested(rule=rule, run=run, segment=segment))


print("ready", flush=True)
sys.stdin.readline()
report(whole_segment)
