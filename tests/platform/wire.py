"""A relay between a client and its database server, which counts messages and can stop answering."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Relays connections to a server. `messages` counts what clients sent, one for each answer that they waited for."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._listener]
        self.port: int = self._listener.getsockname()[1]
        self.messages = 0
        self.connections = 0
        self.is_silent = False
        self.unanswered: bytes | None = None
        """Messages with this text get no answer."""
        self._silenced = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                self.connections += 1
                number = self.connections
                for source, target, sender in ((client, server, number), (server, client, None)):
                    threading.Thread(target=self._copy, args=(source, target, sender), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, number: int | None) -> None:
        """Copy what a side sends. `number` is the connection's if the client sends."""
        with suppress(OSError):
            while data := source.recv(1 << 20):
                self.messages += number is not None
                if not self._is_swallowed(data, number):
                    target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _is_swallowed(self, data: bytes, number: int | None) -> bool:
        if number is None:
            return self.is_silent
        is_unanswered = self.unanswered is not None and self.unanswered in data
        return self.is_silent or number <= self._silenced or is_unanswered

    def silence(self) -> None:
        """Stop answering on the open connections. Later ones are answered."""
        self._silenced = self.connections

    def cut(self) -> None:
        """Close every connection, as a restart of the server does."""
        for each in self._sockets[1:]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the listener and every connection."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def relay(host: str, port: int) -> Iterator[Relay]:
    """Relay to a server until the block ends."""
    made = Relay(host, port)
    try:
        yield made
    finally:
        made.close()
