"""The start of a PostgreSQL connection, with user and database as Supavisor expects them.

Sources: postgresql.org/docs/current/protocol-message-formats.html (StartupMessage, SSLRequest, ErrorResponse);
supabase.com/docs/guides/database/connecting-to-postgres (user `<role>.<project ref>`, database `postgres`).
"""

from __future__ import annotations

import socket
import struct

_SSL_REQUEST, _GSS_REQUEST, _CANCEL_REQUEST = 80877103, 80877104, 80877102
_MAX_BYTES = 10_000
_HEADER = struct.Struct("!ii")


def read_start(client: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Return the protocol's version, the parameters and the bytes of a connection's start.

    Encryption is declined; a cancel request has no parameters. Raises ConnectionError if the client sends anything
    else.
    """
    while True:
        header = _receive(client, _HEADER.size)
        length, version = _HEADER.unpack(header)
        if not _HEADER.size <= length <= _MAX_BYTES:
            raise ConnectionError("not the start of a PostgreSQL connection")
        body = _receive(client, length - _HEADER.size)
        if version not in (_SSL_REQUEST, _GSS_REQUEST):
            break
        client.sendall(b"N")
    words = [] if version == _CANCEL_REQUEST else [word.decode() for word in body.rstrip(b"\0").split(b"\0")]
    return version, dict(zip(words[::2], words[1::2], strict=True)), header + body


def startup_message(version: int, parameters: dict[str, str]) -> bytes:
    """Return a StartupMessage with these parameters."""
    words = [word.encode() + b"\0" for pair in parameters.items() for word in pair]
    body = b"".join(words) + b"\0"
    return _HEADER.pack(_HEADER.size + len(body), version) + body


def fatal_error(message: str, code: str = "XX000") -> bytes:
    """Return an ErrorResponse, after which the server closes the connection."""
    fields = b"".join(
        kind + text.encode() + b"\0" for kind, text in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", code), (b"M", message))
    )
    body = fields + b"\0"
    return b"E" + struct.pack("!i", 4 + len(body)) + body


def _receive(client: socket.socket, count: int) -> bytes:
    """Return exactly `count` bytes. Raises ConnectionError if the client closes before."""
    content = b""
    while len(content) < count:
        chunk = client.recv(count - len(content))
        if not chunk:
            raise ConnectionError("the client has closed the connection")
        content += chunk
    return content
