"""The HTTP API on this machine: Chalice's local server, with the responses that API Gateway generates itself."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    LocalChalice,
    LocalDevServer,
    LocalGateway,
    LocalGatewayException,
    ThreadedHTTPServer,
)

from chalicelib.kit.errors import MalformedRequest, NotFound, PayloadTooLarge, Problem
from chalicelib.kit.http import PROBLEM_JSON, problem_document

GATEWAY_MAX_BODY = 6_000_000
"""The largest request body in bytes: Lambda accepts 6 MB of API Gateway's 10 MB."""


class Gateway(LocalGateway):
    """Chalice's local gateway, which sends OPTIONS to the app as API Gateway does, and answers no preflight itself."""

    def _has_user_defined_options_method(self, lambda_event: Any) -> bool:  # noqa: ARG002 - Chalice's signature
        return True


class RequestHandler(ChaliceRequestHandler):
    """Chalice's request handler without Nagle's 40 ms delay; it rejects requests with problems, like the gateway."""

    disable_nagle_algorithm = True
    server: Server

    def __init__(self, request: Any, client_address: Any, server: Any, app_object: Chalice, config: Config) -> None:
        self.local_gateway = Gateway(app_object, config)
        BaseHTTPRequestHandler.__init__(self, request, client_address, server)  # Chalice's would make its own gateway

    def _generic_handle(self) -> None:
        length = self.headers.get("content-length", "0")
        if not length.isdigit():
            return self._refuse(MalformedRequest("Content-Length is not a number."))
        if int(length) > GATEWAY_MAX_BODY:
            return self._refuse(PayloadTooLarge(f"At most {GATEWAY_MAX_BODY} bytes reach a function."))
        self._append_caller()
        with self.server.answering():
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
        """Send no body in response to HEAD, and no Content-Length, which only the content tells (RFC 9110, 9.3.2)."""
        if self.command != "HEAD":
            super()._send_http_response_with_body(code, headers, body)
            return
        self.send_response(code)
        self._send_headers(headers)

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
    """A server that accepts bursts: Python's default backlog holds five connections.

    It counts the requests that it is answering, so that a process can complete them before it ends. With a `listening`
    socket it binds no port.
    """

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Any, listening: socket.socket | None = None) -> None:
        self._count = 0
        self._changed = threading.Condition()
        self._listening = listening
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind the port, or adopt the socket that listens already."""
        if self._listening is None:
            super().server_bind()
            return
        self.server_close()  # closes the socket that was created to be bound
        self.socket = self._listening
        host, port = self._listening.getsockname()[:2]
        self.server_address, self.server_name, self.server_port = (host, port), host, port

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count a request until the block ends."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def await_answers(self, seconds: float) -> None:
        """Return once every request is answered, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)


def create(app: Chalice, host: str, port: int, listening: socket.socket | None = None) -> LocalDevServer:
    """Create a threaded server of the app; `serve_forever` runs it. Raises OSError if the port is in use.

    `listening` is a socket that listens on the port already.
    """
    if not isinstance(app, LocalChalice):
        # Keeps the current request per thread, as `chalice local` does.
        app.__class__ = type("Local", (LocalChalice, type(app)), {})
    config, server = Config(chalice_stage="local"), partial(Server, listening=listening)
    return LocalDevServer(app, config, host, port, handler_cls=RequestHandler, server_cls=server)
