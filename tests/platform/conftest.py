"""Fixtures of platform."""

from __future__ import annotations

from tests.together.conftest import mailbox, moved_clock

__all__ = ["mailbox", "moved_clock"]
