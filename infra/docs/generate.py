"""`python -m infra.docs.generate` writes the generated files; `--check` fails if one is stale."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
os.environ["STAGE"] = "local"
os.environ["TABLE_PREFIX"] = "backroom"

from infra.docs import athena, costs_page, error_catalogue, events_page, retention_page, tables_page, topics_page  # noqa: E402 - the stage is in every name
from infra.migrations import render as migrations  # noqa: E402

FILES: dict[str, Callable[[], str]] = {
    "docs/athena.sql": athena.render,
    "docs/billing-events.md": events_page.render,
    "docs/costs.md": costs_page.render,
    "docs/errors.md": error_catalogue.render_page,
    "chalicelib/kit/error_catalogue.json": error_catalogue.render_json,
    "docs/retention.md": retention_page.render,
    "docs/tables.md": tables_page.render,
    "docs/topics.md": topics_page.render,
    **migrations.files(),
}


def main(check: bool) -> int:
    """Write or check every generated file. Return 1 if `check` finds a stale file."""
    stale = []
    for name, render in FILES.items():
        path, text = ROOT / name, render()
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if check and stale:
        print(f"stale files; run `make generate`: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
