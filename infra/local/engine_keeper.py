"""Restart the embedded AWS of the local stack after a crash, with the same port and state."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local.engine import Engine

CHECK_SECONDS = 0.2
"""Seconds between two checks of the process."""
RETRY_SECONDS = 2.0
"""Seconds to wait after a failed start."""


class EngineKeeper:
    """A running engine, which is restarted after a crash. Leaving the `with` block stops it.

    An engine saves its state every two seconds; a crash loses the writes acknowledged since. `provision` creates the
    resources that are missing after a restart.
    """

    def __init__(self, state_dir: Path, port: int, provision: Callable[[], None]) -> None:
        """Start the engine. Raises EngineError."""
        self._state_dir, self._provision = state_dir, provision
        self._stopping = threading.Event()
        self._is_complete = True
        self.engine = Engine.start(state_dir, port)
        self._thread = threading.Thread(target=self._keep, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Save and stop the engine, and end the restarts."""
        self._stopping.set()
        self._thread.join()
        self.engine.stop()

    def _keep(self) -> None:
        while not self._stopping.wait(CHECK_SECONDS):
            code = self.engine.process.poll()
            try:
                if code is not None:
                    _report(
                        f"the embedded AWS ended with code {code}: restarting it; writes of its last seconds are lost"
                    )
                    self._start_again()
                if not self._is_complete:
                    self._provision()
                    self._is_complete = True
                    _report("the embedded AWS is restarted")
            except Exception as error:
                _report(f"the embedded AWS is not ready: retrying after {error}")
                self._stopping.wait(RETRY_SECONDS)

    def _start_again(self) -> None:
        """Replace the crashed engine. Raises EngineError."""
        self.engine.kill()  # removes the files of the crashed process
        self._is_complete = False
        self.engine = Engine.start(self._state_dir, self.engine.port)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _report(text: str) -> None:
    print(f"backroom: {text}", file=sys.stderr, flush=True)
