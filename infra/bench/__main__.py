"""`make bench`: measure ratios in one run, with the programs of each row run in turn.

`--quick`: run one round of each row with its smallest input, and install nothing; the figures are not comparable.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.bench import (
    accounts,
    analytics,
    discounts,
    foundation,
    moves,
    peers,
    pictures,
    retention,
    stores,
    tenants,
    together,
    transfers,
    usage,
)
from infra.bench.runs import SubjectFailed
from infra.bench.table import Row, render
from infra.local.engine import Engine

ROUNDS = 7

ROWS: dict[str, Callable[[int], list[Row]]] = {
    "cold-start": foundation.cold_start,
    "first-touch": foundation.first_touch,
    "route": foundation.route_overhead,
    "bundle": foundation.bundle_size,
    "preview-1mp": partial(pictures.preview, "1 MP", None),
    "preview-12mp": partial(pictures.preview, "12 MP", 0.25),
    "preview-48mp": partial(pictures.preview, "48 MP", 0.18),
    "preview-psnr-12mp": partial(pictures.fidelity, "12 MP"),
    "preview-psnr-48mp": partial(pictures.fidelity, "48 MP"),
    "preview-path": pictures.whole_path,
    "print-jpeg": partial(pictures.print_file, "jpeg", 0.6),
    "print-png": partial(pictures.print_file, "png", 0.18),
    "bomb": pictures.bomb,
    "archive": retention.throughput,
    "archive-memory": retention.memory,
    "rollup": analytics.rollup,
    "funnel": analytics.funnels,
    "write-units": analytics.write_units,
    "snippet": analytics.snippet_size,
    "fuel": discounts.function_fuel,
    "usage": usage.throughput,
    "sign-in": accounts.sign_in,
    "check-in": together.check_in,
    "cold-dashboard": together.cold_dashboard,
    "page-bytes": accounts.page_size,
    "store-migration": stores.migration,
    "store-provisioning": tenants.provisioning,
    "store-list": stores.listing,
    "store-cold-start": stores.first_answer,
    "store-import": transfers.imports,
    "store-memory": transfers.memory,
    "store-move": moves.proven_move,
}


def main() -> int:
    """Run the command line and return its exit code: 1 if a row cannot be measured. An exceeded budget is no error."""
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("row", nargs="*", help=f"rows to measure; default: all of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="check that each row runs; the figures are meaningless")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.row if name not in ROWS]:
        parser.error(f"there is no row {unknown[0]!r}; choose from {', '.join(ROWS)}")
    if not arguments.quick:
        peers.install()
    try:
        rows = measure(1 if arguments.quick else ROUNDS, arguments.row or list(ROWS))
    except SubjectFailed as error:
        print(f"backroom: {error}", file=sys.stderr)
        return 1
    print(render(rows))
    if arguments.quick:
        print("\nEach row ran once, with its smallest input: these figures are not comparable.")
    print("\nRound trips and capacity units per operation: docs/costs.md, checked by tests/test_round_trips.py.")
    return 0


def measure(rounds: int, names: Sequence[str]) -> list[Row]:
    """Measure the rows with these names, on a new embedded engine."""
    with TemporaryDirectory() as scratch, Engine.start() as engine:
        os.environ.update(engine.environment, STAGE="test", TABLE_PREFIX="backroom", POWERTOOLS_LOG_LEVEL="ERROR")
        os.environ["SECRETS_KEY_FILE"] = str(Path(scratch) / "key")
        from infra.local.provision import provision

        provision()
        return [row for name in names for row in ROWS[name](rounds)]


if __name__ == "__main__":
    sys.exit(main())
