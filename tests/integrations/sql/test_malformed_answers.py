"""Servers whose answers during the login are malformed."""

from __future__ import annotations

import itertools
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.integrations.sql import engines
from chalicelib.integrations.sql.errors import ServerRefused, ServerUnreachable
from chalicelib.integrations.sql.servers import Dialect, Limits, Server

LIMITS = Limits(connect=2, statement=2, lock=1, unanswered=2)
GREETING = b"\x0a8.4.0\0" + struct.pack("<I", 7) + b"saltsalt\0"
"""The begin of a right greeting (MySQL, "Protocol::HandshakeV10"), which lacks the capabilities."""
COMPLETE_GREETING = (
    GREETING + struct.pack("<HBHHB", 0xFFFF & ~0x0800, 45, 2, 0x0008, 21) + bytes(10) + b"saltsaltsalt\0"
) + b"mysql_native_password\0"


@contextmanager
def answering_server(packets: Sequence[bytes]) -> Iterator[int]:
    """Yield the port of a server that sends these packets of MySQL to its only client, and closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)

        def serve() -> None:
            with suppress(OSError), listener.accept()[0] as client:
                for sequence, packet in zip(itertools.count(0, 2), packets, strict=False):
                    client.sendall(struct.pack("<I", len(packet))[:3] + bytes([sequence]) + packet)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def refusal(packets: Sequence[bytes]) -> ServerRefused:
    with answering_server(packets) as port:
        target = Server(Dialect.MYSQL, "127.0.0.1", port, "shop", "them", "secret")
        with pytest.raises(ServerRefused) as refused, engines.connect(target, LIMITS):
            pass
    return refused.value


@pytest.mark.parametrize("greeting", [b"", b"\x0a", GREETING[:10], GREETING, GREETING + b"\0\0" * 5])
def test_a_truncated_greeting_means_that_the_server_cannot_be_reached(greeting: bytes) -> None:
    assert isinstance(refusal([greeting]), ServerUnreachable)


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=3))
@example([COMPLETE_GREETING, b""])
@example([COMPLETE_GREETING, b"\xfe"])
@example([COMPLETE_GREETING, b"\0"])
def test_no_answer_during_the_login_raises_another_error(packets: list[bytes]) -> None:
    refusal(packets)
    refusal([COMPLETE_GREETING, *packets])
