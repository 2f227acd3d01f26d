"""The HTTP/1.1 server of all sandboxes: on loopback, with a route table and a log of its requests."""

import json
import re
import socket
import ssl
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

LOOPBACK = "127.0.0.1"
Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """A received request; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    client: str = LOOPBACK
    """The client's IP address."""

    def header(self, name: str) -> str:
        """Return the header's value, or an empty string."""
        return self.headers.get(name.lower(), "")

    def parameters(self) -> dict[str, str]:
        """Return the decoded query parameters; of a repeated parameter, the last value."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def fields(self) -> Json:
        """Return the body's fields, from JSON or a form. Raises `ValueError` for other bodies."""
        if not self.body:
            return {}
        if "json" not in self.header("content-type"):
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        fields = json.loads(self.body)
        if not isinstance(fields, dict):
            raise ValueError("the body must be a JSON object")
        return fields


@dataclass(frozen=True)
class Response:
    """The response to a request. A `stream` replaces the body; its length is unknown to the client."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterable[bytes] | None = None


class Refusal(Exception):
    """Raised in a handler to respond with this status and JSON body."""

    def __init__(self, message: str, status: int, body: Json) -> None:
        super().__init__(message)
        self.status, self.body = status, body


class HangUp(Exception):
    """Raised in a handler to close the connection without a response."""


def json_response(status: int, value: object, headers: dict[str, str] | None = None) -> Response:
    """Build a JSON response."""
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def html_response(status: int, page: str) -> Response:
    """Build an HTML response."""
    return Response(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def redirect(status: int, location: str) -> Response:
    """Build a redirect to `location`."""
    return Response(status, b"", {"Location": location})


Handler = Callable[..., Response]


def match_path(template: str, path: str) -> dict[str, str] | None:
    """Return the values of the template's parameters, or None if the path does not match.

    `{name}` matches one segment, `{name...}` the rest of the path.
    """
    pattern = re.sub(r"\{(\w+)\.\.\.\}", r"(?P<\1>.+)", template)
    found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else None


@dataclass(frozen=True)
class Route:
    """A method and a path template; the handler receives the template's parameters as keywords."""

    method: str
    path: str
    handler: Handler

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, or None if the method or path does not match."""
        return match_path(self.path, path) if method == self.method else None


class SandboxServer:
    """A server that binds to loopback when created and serves from `start` to `stop`.

    Port 0 chooses any free port. With a `context` it speaks TLS. Raises `OSError` if the port is in use.
    """

    def __init__(self, port: int, routes: Sequence[Route], *, context: ssl.SSLContext | None = None) -> None:
        self.requests: deque[Request] = deque(maxlen=10_000)
        self._routes = routes
        self._http = _HTTPServer((LOOPBACK, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.url = f"{'https' if context else 'http'}://{LOOPBACK}:{self._http.server_port}"
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)

    def start(self) -> Self:
        """Start serving in a daemon thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, free the port and close kept-alive connections."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> Response:
        """Find the route and call its handler.

        Prints an unexpected exception and responds 500. Raises `HangUp` if the handler does.
        """
        self.requests.append(request)
        try:
            for route in self._routes:
                names = route.match(request.method, request.path)
                if names is not None:
                    return route.handler(request, **names)
            return self.not_found(request)
        except HangUp:
            raise
        except Refusal as refusal:
            return json_response(refusal.status, refusal.body)
        except Exception as error:
            traceback.print_exc()
            return json_response(500, {"error": {"type": "api_error", "message": repr(error)}})

    def not_found(self, request: Request) -> Response:
        """Respond to a path that has no route."""
        return json_response(404, {"error": f"the sandbox does not serve {request.method} {request.path}"})


class _HTTPServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: SandboxServer) -> None:
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client has already closed it


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _HTTPServer

    def _serve(self) -> None:
        target = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(
            self.command, target.path, target.query, headers, self.rfile.read(length), self.client_address[0]
        )
        try:
            response = self.server.sandbox.answer(request)
        except HangUp:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.stream is not None:
            self._stream(response.stream)
            return
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def _stream(self, chunks: Iterable[bytes]) -> None:
        """Send chunks until they or the connection end."""
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for chunk in chunks:
                self.wfile.write(chunk)
        except OSError:
            return  # the client has closed the connection

    do_GET = do_POST = do_PUT = do_DELETE = _serve

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Log nothing: `requests` holds the requests."""
