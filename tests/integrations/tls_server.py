"""A website on loopback, reached over TLS as if it were at a public address."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.integrations.web_pages import Network
from tests.timeouts import LIMIT

PUBLIC = "93.184.216.34"
"""The address at which tests find the website."""
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Website:
    """A running server. `answers` by path; `requests` are those that arrived, `dialed` the addresses connected to."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    dialed: list[str] = field(default_factory=list)
    authority: bytes = b""

    def network(self) -> Network:
        """Return the Internet as it would be with this website at every public address."""

        def dial(address: str, seconds: float) -> socket.socket:
            self.dialed.append(address)
            return socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT)

        return Network(dial, lambda: ssl.create_default_context(cadata=self.authority))

    def page(self, path: str, body: bytes, media_type: str = "text/html; charset=utf-8", status: int = 200) -> None:
        """Serve a body at a path."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Content-Type", media_type)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)

        self.answers[path] = answer

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        """Redirect from a path."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            request.send_header("Location", location)
            request.send_header("Content-Length", "0")
            request.end_headers()

        self.answers[path] = answer


@contextmanager
def tls_website(*hosts: str) -> Iterator[Website]:
    """Serve a website with a certificate for these hosts until the block ends."""
    website = Website()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            website.requests.append((str(self.headers["Host"]), self.path))
            try:
                website.answers.get(self.path, lambda request: request.send_error(404))(self)
            except OSError:
                self.close_connection = True  # the client hung up

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing of clients that hang up."""

    context, website.authority = server_context(*hosts)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    website.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield website
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def server_context(*hosts: str) -> tuple[ssl.SSLContext, bytes]:
    """Return a server's context with a certificate for these hosts, and the certificate that a client must trust."""
    authority, pem = _certificate(hosts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        certificate = Path(folder, "certificate.pem")
        certificate.write_bytes(pem)
        context.load_cert_chain(certificate)
    return context, authority


@cache
def _certificate(hosts: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return a self-signed certificate in DER, and in PEM with its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test website")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoded_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = serialization.Encoding
    return certificate.public_bytes(public.DER), certificate.public_bytes(public.PEM) + encoded_key
