"""Which Chromium the tests of the pages run: this machine's, else the one that `make browser` installed."""

from __future__ import annotations

import os
import shutil

from infra.local.environment import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALLED = ROOT / ".venv" / "browsers"

executable = next(filter(None, map(shutil.which, NAMES)), None)
"""This machine's; None where Playwright shall take its own."""
is_here = executable is not None or any(INSTALLED.glob("chromium-*"))

os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(INSTALLED))
