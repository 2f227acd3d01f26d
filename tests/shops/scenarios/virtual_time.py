"""A clock that a test sets, for our code, the Shopify sandbox and the session token library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from jwt import api_jwt

from chalicelib.kit import clock


class VirtualTime:
    """A clock whose readings increase strictly, by a microsecond each; `pass_` advances it."""

    def __init__(self) -> None:
        self._moment = datetime.now(UTC)

    def now(self) -> datetime:
        self._moment += timedelta(microseconds=1)
        return self._moment

    def timestamp(self) -> float:
        """Shopify's clock, in seconds."""
        return self.now().timestamp()

    def pass_(self, by: timedelta) -> None:
        self._moment += by


@contextmanager
def virtual_time(time: VirtualTime) -> Iterator[None]:
    """Make our code, the sandbox and the JWT library use this clock."""

    class Datetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Datetime:
            return cls.fromtimestamp(time.timestamp(), tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", time.now)
        patch.setattr(api_jwt, "datetime", Datetime)
        yield
