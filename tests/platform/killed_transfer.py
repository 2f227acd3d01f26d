"""A worker of transfers that kills itself (SIGKILL) at its nth action: an AWS call or an SQL statement.

As a program it reads lines `store transfer nth`, forks for each, and writes how the child ended: `killed` or `done`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chalicelib.platform.domain import transfers as limits
from tests.platform.killed_worker import ROOT, die_at

BATCH_ROWS = 5
"""Rows of a batch in this program, so that a short file has many."""


@contextmanager
def killed_transfer() -> Iterator[Callable[[str, str, int], bool]]:
    """Start the program and yield a function that runs a transfer by it and returns whether the process died."""
    command = [sys.executable, "-m", "tests.platform.killed_transfer"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        requests, answers = process.stdin, process.stdout
        assert requests
        assert answers

        def run(store_id: str, transfer_id: str, nth: int) -> bool:
            requests.write(f"{store_id} {transfer_id} {nth}\n")
            requests.flush()
            answer = answers.readline().strip()
            assert answer in ("killed", "done"), "the program ended"
            return answer == "killed"

        yield run
        requests.close()


def main() -> None:
    """Answer the lines of standard input."""
    limits.BATCH_ROWS, limits.REPORT_FAILURES = BATCH_ROWS, 2
    from chalicelib.platform.schemas.transfers import TransferDue
    from chalicelib.platform.service.transfers.worker import transfer_rows

    for line in sys.stdin:
        store_id, transfer_id, nth = line.split()
        child = os.fork()
        if child == 0:
            die_at(int(nth))
            transfer_rows(TransferDue(store_id=store_id, transfer_id=transfer_id))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "done", flush=True)


if __name__ == "__main__":
    main()
