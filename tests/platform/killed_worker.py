"""A worker of provisioning jobs that kills itself (SIGKILL) at its nth action: an AWS call or an SQL statement.

As a program it reads lines `store job nth`, forks for each, and writes how the child ended: `killed` or `done`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("dynamodb", "sqs", "s3")


@dataclass(frozen=True, slots=True)
class KilledWorker:
    """The running program. Its children inherit no open connection."""

    requests: IO[str]
    answers: IO[str]

    def run(self, store_id: str, job_id: str, nth: int) -> bool:
        """Run the job in a process that dies at its nth action; return whether it died."""
        self.requests.write(f"{store_id} {job_id} {nth}\n")
        self.requests.flush()
        answer = self.answers.readline().strip()
        assert answer in ("killed", "done"), "the program of the worker ended"
        return answer == "killed"


@contextmanager
def killed_worker() -> Iterator[KilledWorker]:
    """Start the program, with the environment of this process."""
    command = [sys.executable, "-m", "tests.platform.killed_worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        yield KilledWorker(process.stdin, process.stdout)
        process.stdin.close()


def die_at(nth: int) -> None:
    """Die before and after AWS calls, and after SQL statements and before commits, whichever is the nth of them."""
    from sqlalchemy import Engine, event

    from chalicelib.kit import aws

    count = 0

    def act(*_: Any, **__: Any) -> None:
        nonlocal count
        count += 1
        if count == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    for service in SERVICES:
        for when in ("before-call", "after-call"):
            aws.client(service).meta.events.register(f"{when}.{service}.*", act)
    event.listen(Engine, "after_cursor_execute", act)
    event.listen(Engine, "commit", act)


def main() -> None:
    """Answer the lines of standard input."""
    from chalicelib.platform.schemas.provisioning import JobDue
    from chalicelib.platform.service.provisioning_worker import run_job

    for line in sys.stdin:
        store_id, job_id, nth = line.split()
        child = os.fork()
        if child == 0:
            die_at(int(nth))
            run_job(JobDue(store_id=store_id, job_id=job_id))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "done", flush=True)


if __name__ == "__main__":
    main()
