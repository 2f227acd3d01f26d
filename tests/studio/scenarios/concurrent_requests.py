"""A process that requests previews with many concurrent threads: `python -m tests.studio.scenarios.concurrent_requests SHOP CUSTOMER BODY COUNT`.

Prints `ready`, waits for a line, and prints the outcome of each request.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from chalicelib.kit.errors import TooManyRequests
from chalicelib.shops.service import Shopper
from chalicelib.studio.schemas.shopper import GenerationCreate
from chalicelib.studio.service import generations


def main(shop: str, customer: str, body: str, count: str) -> None:
    shopper, preview_body = Shopper(shop, "studio", customer), GenerationCreate.model_validate_json(body)

    def request_preview(_: int) -> None:
        try:
            generations.request_preview(shopper, preview_body, "", None)
            outcome = "reserved"
        except TooManyRequests as problem:
            outcome = problem.code
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(int(count)) as threads:
        list(threads.map(request_preview, range(int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
