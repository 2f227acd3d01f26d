"""The Chromium for the demo and the browser tests: that of the system, or the one that `make browser` installed."""

from __future__ import annotations

import os
import shutil

from infra.local.environment import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALLED = ROOT / ".venv" / "browsers"

executable = next(filter(None, map(shutil.which, NAMES)), None)
"""The system's Chromium, or None to use that of Playwright."""
is_here = executable is not None or any(INSTALLED.glob("chromium-*"))

os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(INSTALLED))
