"""Call a function in a child process, so that a crash, a timeout or exhausted memory ends only the child.

The child is a new interpreter with two pipes. Lambda has no /dev/shm, so multiprocessing's queues and locks fail
there; a fork would share this process's locks, memory and credentials.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from chalicelib.kit import child_entry, config

_START = "import json, sys; plan = json.loads(sys.argv[1]); sys.path[:] = plan['path']; "
_START += f"from {child_entry.__name__} import serve; serve(plan)"


class Limits(NamedTuple):
    """Resource limits of a child. CPU time does not depend on the load of the machine; wall-clock time does."""

    megabytes: int
    """Of address space, the interpreter included."""
    cpu_seconds: int
    seconds: float
    """Of wall-clock time: longer than `cpu_seconds`."""


class ChildFailed(RuntimeError):
    """The child returned no result; the message says how it ended."""


class ChildCrashed(ChildFailed):
    """A signal ended the child, or it exited without an answer."""


class ChildTimedOut(ChildFailed):
    """The child exceeded its CPU or wall-clock time."""


class ChildOutOfMemory(ChildFailed):
    """The child exceeded its memory."""


class ChildRaised(ChildFailed):
    """The function raised; `name` is the exception's class."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name, self.text = name, text


def call(
    function: Callable[..., bytes | None], parts: Sequence[bytes], options: Mapping[str, str | float], limits: Limits
) -> bytes:
    """Return the result of `function(*parts, **options)`, run in a child; b"" for None.

    `function` must be at the top level of its module, which the child imports. The child has none of this process's
    credentials; its standard output and error are discarded.

    Raises ChildCrashed, ChildTimedOut, ChildOutOfMemory, ChildRaised; OSError if no process can be started.
    """
    import subprocess  # noqa: PLC0415 - saves 10 ms of import time

    plan = {
        "path": sys.path,
        "module": function.__module__,
        "name": function.__name__,
        "sizes": [len(part) for part in parts],
        "options": dict(options),
        "megabytes": limits.megabytes,
        "cpu_seconds": limits.cpu_seconds,
    }
    # Isolated (-I) and without `site` (-S): sys.path is passed in the plan.
    command = [sys.executable, "-I", "-S", "-c", _START, json.dumps(plan)]
    try:
        process = subprocess.run(  # noqa: S603 - our own interpreter and code
            command,
            input=b"".join(parts),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=config.loader_environment(),
            timeout=limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ChildTimedOut(f"no answer within {limits.seconds} s") from error
    return _result(process.returncode, process.stdout)


def _result(code: int, answer: bytes) -> bytes:
    """Return the result from a child's answer. Raises the exceptions of `call`."""
    if code == -signal.SIGXCPU:
        raise ChildTimedOut("CPU time exceeded")
    if code < 0:
        raise ChildCrashed(f"signal {-code}")
    kind, content = answer[:1], answer[1:]
    if code == 0 and kind == child_entry.RETURNED:
        return content
    if code == 0 and kind == child_entry.RAISED:
        name, _, text = content.decode(errors="replace").partition("\n")
        raise ChildOutOfMemory(text) if name == MemoryError.__name__ else ChildRaised(name, text)
    raise ChildCrashed(f"exit code {code}")
