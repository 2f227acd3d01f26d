"""The HTTP API on this machine: Chalice's local server, with the responses that API Gateway generates itself."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LocalChalice,
    LocalDevServer,
    LocalGatewayException,
    ThreadedHTTPServer,
)

from chalicelib.kit.errors import MalformedRequest, NotFound, PayloadTooLarge, Problem
from chalicelib.kit.http import PROBLEM_JSON, problem_document

GATEWAY_MAX_BODY = 6_000_000
"""The largest request body in bytes: Lambda accepts 6 MB of API Gateway's 10 MB."""


class RequestHandler(ChaliceRequestHandler):
    """Chalice's request handler without Nagle's 40 ms delay; it rejects requests with problems, like the gateway."""

    disable_nagle_algorithm = True

    def _generic_handle(self) -> None:
        length = self.headers.get("content-length", "0")
        if not length.isdigit():
            return self._refuse(MalformedRequest("Content-Length is not a number."))
        if int(length) > GATEWAY_MAX_BODY:
            return self._refuse(PayloadTooLarge(f"At most {GATEWAY_MAX_BODY} bytes reach a function."))
        self._append_caller()
        try:
            super()._generic_handle()
        except UnicodeDecodeError:
            self._refuse(MalformedRequest("The body is not UTF-8."))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = do_PATCH = do_OPTIONS = _generic_handle

    def _append_caller(self) -> None:
        """Append the caller's address to X-Forwarded-For, as API Gateway does, if a proxy sent the header."""
        forwarded_for = self.headers.get_all("X-Forwarded-For", [])
        del self.headers["X-Forwarded-For"]
        if forwarded_for:
            self.headers["X-Forwarded-For"] = ", ".join([*forwarded_for, str(self.client_address[0])])

    def _send_http_response_with_body(self, code: int, headers: Any, body: str | bytes) -> None:
        """Send no body in response to HEAD. Chalice would send one, and clients would read it as the next response."""
        super()._send_http_response_with_body(code, headers, b"" if self.command == "HEAD" else body)

    def _send_error_response(self, error: LocalGatewayException) -> None:
        self._refuse(NotFound("No route is served at this path.") if error.CODE == HTTPStatus.FORBIDDEN else None)

    def _refuse(self, problem: Problem | None) -> None:
        problem = problem or Problem()
        self.close_connection = True  # the body, if any, was not read
        body = json.dumps(problem_document(problem, str(uuid.uuid4()))).encode()
        headers = {"Content-Type": PROBLEM_JSON, "Connection": "close"}
        self._send_http_response(problem.status, headers, body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Log nothing, because the functions write their own logs."""


class Server(ThreadedHTTPServer):
    """A server that accepts bursts: Python's default backlog holds five connections."""

    request_queue_size = 128


def create(app: Chalice, host: str, port: int) -> LocalDevServer:
    """Create a threaded server of the app; `serve_forever` runs it. Raises OSError if the port is in use."""
    if not isinstance(app, LocalChalice):
        # Keeps the current request per thread, as `chalice local` does.
        app.__class__ = type("Local", (LocalChalice, type(app)), {})
    return LocalDevServer(app, Config(chalice_stage="local"), host, port, handler_cls=RequestHandler, server_cls=Server)
