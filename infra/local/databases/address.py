"""How to reach a database server of this machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Dialect = Literal["postgresql", "mysql"]
HOST = "127.0.0.1"


class ServerUnavailable(RuntimeError):
    """A database server is not installed or does not start; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A running server and the login of its superuser."""

    dialect: Dialect
    host: str
    port: int
    username: str
    password: str = field(repr=False)
