"""`make bench`: ratios measured in one run, each row's subjects in turn. `--quick` takes one round a row."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.bench.runs import SubjectFailed
from infra.bench.table import Row, render
from infra.local.engine import Engine

ROUNDS = 5


def main() -> int:
    """The command line; 1 where a row cannot be measured. Being over a budget is told, not judged."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round a row: whether it runs, not how fast")
    parser.add_argument("--only", choices=["foundation", "pictures"], help="one part")
    arguments = parser.parse_args()
    rounds = 1 if arguments.quick else ROUNDS
    try:
        rows = measure(rounds, arguments.only)
    except SubjectFailed as error:
        print(f"backroom: {error}", file=sys.stderr)
        return 1
    print(render(rows))
    print("\nRound trips and capacity units per operation: docs/costs.md, held by tests/test_round_trips.py.")
    return 0


def measure(rounds: int, only: str | None) -> list[Row]:
    """Every row, on an embedded engine of its own."""
    with TemporaryDirectory() as scratch, Engine.start() as engine:
        os.environ.update(engine.environment, STAGE="test", SECRETS_KEY_FILE=str(Path(scratch) / "key"))
        os.environ["POWERTOOLS_LOG_LEVEL"] = "ERROR"
        from infra.bench import foundation, pictures
        from infra.local.provision import provision

        rows: list[Row] = []
        if only != "pictures":
            provision()
            rows += [foundation.cold_start(rounds), foundation.first_touch(rounds)]
            rows += [*foundation.route_overhead(rounds), foundation.bundle_size()]
        if only != "foundation":
            rows += [*pictures.previews(rounds), *pictures.prints(rounds), *pictures.bomb(rounds)]
        return rows


if __name__ == "__main__":
    sys.exit(main())
