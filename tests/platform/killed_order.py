"""A process that places an order and kills itself (SIGKILL) at its nth action: an AWS call or an SQL statement.

As a program it reads lines of JSON `[store, nth, body, key]`, forks for each, and writes how the child ended: `killed` or
`done`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chalicelib.kit.idempotency import Idempotency
from chalicelib.platform.schemas.store_orders import OrderCreate
from tests.platform.killed_worker import ROOT, die_at


@contextmanager
def killed_order() -> Iterator[Callable[[str, int, OrderCreate, Idempotency], bool]]:
    """Start the program and yield a function that places an order by it and returns whether the process died."""
    command = [sys.executable, "-m", "tests.platform.killed_order"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        requests, answers = process.stdin, process.stdout
        assert requests
        assert answers

        def place(store_id: str, nth: int, body: OrderCreate, key: Idempotency) -> bool:
            line = [store_id, nth, body.model_dump_json(), [key.key, key.body_hash, key.subject]]
            requests.write(json.dumps(line) + "\n")
            requests.flush()
            answer = answers.readline().strip()
            assert answer in ("killed", "done"), "the program ended"
            return answer == "killed"

        yield place
        requests.close()


def main() -> None:
    """Answer the lines of standard input."""
    from chalicelib.platform.enums import KeyScope
    from chalicelib.platform.repository import stores
    from chalicelib.platform.service import store_orders
    from chalicelib.platform.service.store_callers import StoreCaller

    for line in sys.stdin:
        store_id, nth, body, key = json.loads(line)
        child = os.fork()
        if child == 0:
            caller = StoreCaller(stores.get_store(store_id), KeyScope.WRITE)
            die_at(nth)
            store_orders.place_order(caller, OrderCreate.model_validate_json(body), Idempotency(*key))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "done", flush=True)


if __name__ == "__main__":
    main()
