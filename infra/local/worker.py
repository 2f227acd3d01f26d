"""A process that runs one handler as Lambda would: it imports the handler's module only, and handles event by event.

Started as `python -m infra.local.worker chalicelib.studio.jobs.generate`; speaks one JSON object a line on its
standard input and output. What the handler prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the child must not import the app
    from infra.handlers import Handler


class HandlerFailed(RuntimeError):
    """The handler raised, ran out of time, or its process died."""


class Worker:
    """The parent's end of such a process: started on first use, kept warm, killed at the handler's timeout."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self._process: subprocess.Popen[str] | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process's id while it lives."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def invoke(self, event: dict[str, Any]) -> Any:
        """The handler's answer. Raises HandlerFailed."""
        with self._one_at_a_time:
            process = self._running()
            timer = threading.Timer(self.handler.timeout, process.kill)
            timer.start()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(json.dumps(event) + "\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = ""
            finally:
                timer.cancel()
            if not line:
                self.stop()
                raise HandlerFailed(f"{self.handler.name} died or took over {self.handler.timeout} s")
            answer = json.loads(line)
            if "error" in answer:
                raise HandlerFailed(f"{self.handler.name}: {answer['error']}")
            return answer["result"]

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None

    def _running(self) -> subprocess.Popen[str]:
        if self.pid is None:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.worker", self.handler.entry],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone
            )
        assert self._process is not None
        return self._process


def _load(entry: str) -> Callable[[Any, Any], Any]:
    module, _, name = entry.rpartition(".")
    handler: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), name)
    return handler


def main(entry: str) -> None:
    """Handle events until standard input ends, which it does when the parent is gone."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    handler = _load(entry)
    for line in sys.stdin:
        try:
            answer = {"result": handler(json.loads(line), None)}
        except Exception as error:
            answer = {"error": type(error).__name__}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
