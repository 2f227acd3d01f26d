"""A process that runs one handler like Lambda: it imports only the handler's module and handles one event at a time.

Start it with `python -m infra.local.worker chalicelib.studio.jobs.generate_preview`. It reads and writes one JSON
object per line on standard input and output. The handler's own output goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the child must not import the app
    from infra.deploy.handlers import Handler


START_SECONDS = 300
"""The time limit for the handler's import. As in Lambda, the handler's own timeout does not include it."""


class HandlerFailed(RuntimeError):
    """The handler raised or timed out, or its process died."""


class Worker:
    """A worker process seen from its parent: started on first use, kept warm, killed at the handler's timeout."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self._process: subprocess.Popen[str] | None = None
        self._one_at_a_time = threading.Lock()
        self._is_retired = False

    @property
    def pid(self) -> int | None:
        """The process id while the process runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def invoke(self, event: dict[str, Any]) -> Any:
        """Return the handler's result. Raises HandlerFailed if the handler fails or times out."""
        with self._one_at_a_time:
            line = _exchange(self._running(), json.dumps(event), self.handler.timeout)
            if not line:
                self.stop()
                raise HandlerFailed(f"{self.handler.name} died or took over {self.handler.timeout} s")
            answer = json.loads(line)
            if "error" in answer:
                raise HandlerFailed(f"{self.handler.name}: {answer['error']}")
            return answer["result"]

    def retire(self) -> None:
        """Let the next event run in a new process. An event in progress is completed."""
        self._is_retired = True

    def stop(self) -> None:
        """Kill the process. Another thread may do so at the same time: one that waits for its answer sees it die."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # unread input is discarded
                    pipe.close()

    def _running(self) -> subprocess.Popen[str]:
        if self.pid is None or self._process is None or self._is_retired:
            self.stop()
            self._is_retired = False
            self._process = subprocess.Popen(
                [sys.executable, "-m", "infra.local.worker", self.handler.entry],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,  # Ctrl-C reaches only the parent
            )
            _exchange(self._process, None, START_SECONDS)
        return self._process


def _exchange(process: subprocess.Popen[str], question: str | None, seconds: float) -> str:
    """Send `question`, if given, and return the answer line.

    The answer is empty if the process dies or is killed after `seconds`.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        if question is not None:
            process.stdin.write(question + "\n")
            process.stdin.flush()
        return process.stdout.readline()
    except BrokenPipeError:
        return ""
    finally:
        timer.cancel()


def _load(entry: str) -> Callable[[Any, Any], Any]:
    module, _, name = entry.rpartition(".")
    handler: Callable[[Any, Any], Any] = getattr(importlib.import_module(module), name)
    return handler


def main(entry: str) -> None:
    """Report that the handler is loaded, then handle events until standard input ends because the parent exited."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    handler = _load(entry)
    answers.write("loaded\n")
    answers.flush()
    for line in sys.stdin:
        try:
            answer = {"result": handler(json.loads(line), None)}
        except Exception as error:
            answer = {"error": type(error).__name__}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
