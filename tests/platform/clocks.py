"""A clock that a test moves. For calls of services: the API's tokens are verified by the real clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from chalicelib.kit import clock


def set_clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Set our clock to a moment; each reading is a microsecond later."""
    readings = count()
    monkeypatch.setattr(clock, "now", lambda: moment + next(readings) * timedelta(microseconds=1))
