"""Relays TCP connections to a server, which is started at the first connection.

So the local stack has fixed ports for servers that may never be needed.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from infra.local.databases.address import HOST, DatabaseServer, ServerUnavailable

Target = Callable[[], DatabaseServer]
Opening = Callable[[socket.socket], bytes]
_CHUNK = 65_536


class Relay:
    """A listener on loopback. `target` returns the server and may start it, in any thread; port 0 chooses any free port.

    `opening` may read the start of a connection and answer it; what it returns is sent to the server first. It raises
    ConnectionError to refuse the connection. Raises OSError if the port is in use.
    """

    def __init__(self, target: Target, port: int = 0, *, opening: Opening | None = None) -> None:
        self._target = target
        self._opening = opening
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, port), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name=f"relay-{self.port}", daemon=True)

    def start(self) -> Self:
        """Accept connections in a daemon thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Free the port and close all connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        self._thread.join()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # stopped
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """Serve one connection until both sides have closed it."""
        self._open.add(client)
        with client:
            try:
                first = self._opening(client) if self._opening else b""
                address = self._target()
                server = socket.create_connection((address.host, address.port))
            except ServerUnavailable as error:
                print(f"backroom: {error}", file=sys.stderr)
            except OSError:
                pass  # the client closed, was refused, or the server is gone
            else:
                self._open.add(server)
                with server:
                    _relay(client, server, first)
                self._open.discard(server)
        self._open.discard(client)


def _relay(client: socket.socket, server: socket.socket, first: bytes) -> None:
    for each in (client, server):
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server.sendall(first)
    answers = threading.Thread(target=_copy, args=(server, client), daemon=True)
    answers.start()
    _copy(client, server)
    answers.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends; then close both, as database clients and servers do."""
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            sink.sendall(chunk)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
