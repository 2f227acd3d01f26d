"""A process that asks for previews with many threads at once: `python -m tests.studio.concurrent_requests SHOP CUSTOMER BODY COUNT`.

Says `ready`, waits for a line, and prints what became of each request.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from chalicelib.kit.errors import TooManyRequests
from chalicelib.shops.service import Shopper
from chalicelib.studio.schemas.shopper import GenerationCreate
from chalicelib.studio.service import generations


def main(shop: str, customer: str, body: str, count: str) -> None:
    shopper, asked = Shopper(shop, "studio", customer), GenerationCreate.model_validate_json(body)

    def ask(_: int) -> None:
        try:
            generations.request_preview(shopper, asked, "", None)
            outcome = "reserved"
        except TooManyRequests as problem:
            outcome = problem.code
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(int(count)) as threads:
        list(threads.map(ask, range(int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
