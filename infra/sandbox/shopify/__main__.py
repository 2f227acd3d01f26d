"""Runs the Shopify sandbox as a process: `python -m infra.sandbox.shopify`."""

import argparse
from pathlib import Path

from infra.sandbox.process import serve_until_stopped
from infra.sandbox.shopify.sandbox import ShopifySandbox


def main() -> None:
    parser = argparse.ArgumentParser(prog="infra.sandbox.shopify", description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--state", type=Path, help="file that stores the state across restarts")
    parser.add_argument("--app-base-url", default="http://127.0.0.1:8000", help="where the app's API listens")
    asked = parser.parse_args()
    serve_until_stopped(ShopifySandbox(asked.port, app_base_url=asked.app_base_url, state_file=asked.state))


if __name__ == "__main__":
    main()
