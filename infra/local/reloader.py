"""Hot reload: watch the code of the bundle, and replace the processes that run it when a file changes or the API has died."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.api_process import ApiNotLoaded, ApiProcess
from infra.local.environment import ROOT
from infra.local.pump import Pump

POLL_SECONDS = 0.5
DECLARATIONS = ("models", "jobs", "contents")
"""Modules that declare tables, queues and schedules, which only a start of the stack creates."""

Snapshot = dict[Path, int]


class Reloader:
    """Replaces the API's process and the workers of handlers after a change, until the `with` block ends."""

    def __init__(self, api: ApiProcess, pump: Pump, root: Path = ROOT) -> None:
        self._api, self._pump, self._root = api, pump, root
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="reloader", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        seen = snapshot(self._root)
        while not self._stopping.wait(POLL_SECONDS):
            now = snapshot(self._root)
            if changed := changed_files(seen, now):
                seen = now
                self._reload(changed)
            else:
                self._revive()

    def _revive(self) -> None:
        """Replace the API's process if it has ended. If the code does not load, the next change tries again."""
        try:
            if self._api.revive():
                _say("the API's process had ended; a new one serves")
        except ApiNotLoaded as error:
            _say(f"the API's process had ended, but {error}")

    def _reload(self, changed: list[Path]) -> None:
        """Replace the processes. If the code does not load, the old ones stay, and the next change tries again."""
        begun = time.monotonic()
        names = ", ".join(str(path.relative_to(self._root)) for path in changed[:3])
        try:
            self._api.reload()
        except ApiNotLoaded as error:
            _say(f"{names} changed, but {error}")
            return
        self._pump.retire_workers()
        _say(f"reloaded after a change of {names} ({time.monotonic() - begun:.1f} s)")
        if any(set(DECLARATIONS) & {path.stem, *path.parent.parts} for path in changed):
            _say("a new table, queue or schedule exists after a restart of `make run`")


def snapshot(root: Path) -> Snapshot:
    """Return the time of the last change, in nanoseconds, of `app.py` and of each file of the package."""
    files = [root / "app.py", *(root / "chalicelib").rglob("*.*")]
    return {path: _changed_at(path) for path in files if path.suffix != ".pyc"}


def changed_files(before: Snapshot, after: Snapshot) -> list[Path]:
    """Return the files that were added, changed or removed."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _changed_at(path: Path) -> int:
    """Return 0 for a file that is just being replaced."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _say(text: str) -> None:
    print(f"backroom: {text}", file=sys.stderr, flush=True)
