"""Runs the Stripe sandbox as a process: `python -m infra.sandbox.stripe`."""

import argparse
from pathlib import Path

from infra.sandbox.process import serve_until_stopped
from infra.sandbox.stripe.sandbox import StripeSandbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra.sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--state", type=Path, help="file that stores the state across restarts")
    parser.add_argument(
        "--webhook-url", default="http://127.0.0.1:8000/webhooks/stripe", help="where events are delivered"
    )
    asked = parser.parse_args()
    serve_until_stopped(StripeSandbox(asked.port, webhook_url=asked.webhook_url, state_file=asked.state))


if __name__ == "__main__":
    main()
