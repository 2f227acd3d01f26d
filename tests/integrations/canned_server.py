"""A server in place of a vendor, with one canned response."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class CannedResponse:
    """The response to every POST; `url` is the address of the server."""

    url: str = ""
    status: int = 200
    body: bytes = b""


@contextmanager
def canned_server() -> Iterator[CannedResponse]:
    """Serve on loopback until the block ends."""
    canned_response = CannedResponse()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(canned_response.status)
            self.send_header("Content-Length", str(len(canned_response.body)))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            self.wfile.write(canned_response.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    canned_response.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield canned_response
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
