"""Database servers with TLS: real ones with a right certificate, and impostors that record what a client sends."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import pytest

from tests import databases
from tests.certificates import Certificate, issue
from tests.databases import DatabaseServer, Dialect

Fault = Literal["self_signed", "wrong_name", "expired", "plain"]
FAULTS: tuple[Fault, ...] = ("self_signed", "wrong_name", "expired", "plain")
HOSTS = ("127.0.0.1", "localhost")
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_CLIENT_SSL = 0x0800
_CAPABILITIES = 0x000FF7DF & ~_CLIENT_SSL  # of MariaDB, without TLS


@dataclass(frozen=True, slots=True)
class TlsServer:
    """A server whose certificate is for 127.0.0.1 and localhost, and the PEM of the authority that signed it."""

    server: DatabaseServer
    ca_certificate: str


@pytest.fixture(scope="session")
def postgresql_tls_server(postgresql_server: DatabaseServer) -> Iterator[TlsServer]:
    """A PostgreSQL server with TLS and a right certificate. It ends TLS before `postgresql_server`, which has none."""
    context = issue(databases.authority(), *HOSTS).server_context()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(8) == _SSL_REQUEST:
                writer.write(b"S")
                await writer.start_tls(context)
                behind = await asyncio.open_connection(postgresql_server.host, postgresql_server.port)
                await asyncio.gather(_copy(reader, behind[1]), _copy(behind[0], writer))
        writer.close()

    with _serving_loop(serve) as port:
        server = dataclasses.replace(postgresql_server, port=port)
        yield TlsServer(server, databases.authority().certificate)


@pytest.fixture(scope="session")
def mariadb_tls_server(mariadb_server: DatabaseServer) -> TlsServer:
    """`mariadb_server`, which offers TLS with a right certificate."""
    return TlsServer(mariadb_server, databases.authority().certificate)


@contextmanager
def _serving_loop(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Iterator[int]:
    """Serve connections in the event loop of another thread until the block ends; yield the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, "127.0.0.1", 0), loop).result()
    yield server.sockets[0].getsockname()[1]

    async def end() -> None:
        server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for each in connections:
            each.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(end(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    writer.close()


@dataclass
class Impostor:
    """A listener that begins as a database server would, with a faulty certificate or none.

    `received` is what a client sent that could hold a secret: after the TLS handshake, or, without TLS, after the
    server's offer. `ca_certificate` is what the client is to trust.
    """

    port: int
    ca_certificate: str
    received: list[bytes] = field(default_factory=list)


@cache
def _certificate(fault: Fault) -> Certificate:
    if fault == "self_signed":
        return issue(None, *HOSTS)
    hosts = ("database.example",) if fault == "wrong_name" else HOSTS
    return issue(databases.authority(), *hosts, is_expired=fault == "expired")


@contextmanager
def impostor(dialect: Dialect, fault: Fault) -> Iterator[Impostor]:
    """Serve an impostor on 127.0.0.1 until the block ends."""
    context = None if fault == "plain" else _certificate(fault).server_context()
    begin = _begin_postgresql if dialect == "postgresql" else _begin_mysql
    with _listener() as listener:
        server = Impostor(listener.getsockname()[1], databases.authority().certificate)

        def serve(client: socket.socket) -> None:
            begin(client, context is not None)
            if context is not None:
                client = context.wrap_socket(client, server_side=True)
            with client:
                while chunk := client.recv(65_536):
                    server.received.append(chunk)

        with _serving(listener, serve):
            yield server


@contextmanager
def silent_server() -> Iterator[int]:
    """Yield the port of a server that accepts connections and never answers."""
    ended = threading.Event()

    def serve(_: socket.socket) -> None:
        ended.wait()

    with _listener() as listener, _serving(listener, serve):
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()


def _begin_postgresql(client: socket.socket, has_tls: bool) -> None:
    """Answer the SSLRequest. Other first messages are no secret, but then a password would follow."""
    first = client.recv(8)
    if first == _SSL_REQUEST:
        client.sendall(b"S" if has_tls else b"N")


def _begin_mysql(client: socket.socket, has_tls: bool) -> None:
    """Send the greeting and read the client's SSLRequest (MySQL: "Protocol::HandshakeV10", "Protocol::SSLRequest")."""
    flags = _CAPABILITIES | (_CLIENT_SSL if has_tls else 0)
    low, high = struct.pack("<I", flags)[:2], struct.pack("<I", flags)[2:]
    greeting = b"\x0a11.4.2-MariaDB\0" + struct.pack("<I", 7) + b"saltsalt\0" + low
    greeting += b"\x2d\x02\0" + high + b"\x15" + bytes(10) + b"saltsaltsalt\0mysql_native_password\0"
    client.sendall(struct.pack("<I", len(greeting))[:3] + b"\0" + greeting)
    if has_tls:
        client.recv(4 + 32, socket.MSG_WAITALL)


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def _serving(listener: socket.socket, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """Serve each connection in a thread until the block ends."""
    clients: list[socket.socket] = []

    def serve_one(client: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), client:
            serve(client)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                clients.append(client)
                threads.append(threading.Thread(target=serve_one, args=(client,), daemon=True))
                threads[-1].start()

    threads = [threading.Thread(target=accept, daemon=True)]
    threads[0].start()
    try:
        yield
    finally:
        for each in (listener, *clients):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
