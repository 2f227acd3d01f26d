"""Rules of AI ideas: what is sent to the model, and when an order waits, is queued again or fails."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from chalicelib.kit import ids

CREDITS, ITEMS = 1, 3
"""What an order costs, and the number of prompts or date ideas that it brings."""
MAX_BYTES = 4_000
"""Bytes of an order's answers as JSON."""
REQUEUED_AFTER = timedelta(minutes=10)
"""The time that a pending order has in the queue before it is queued again."""
GIVEN_UP_AFTER = timedelta(hours=24)
"""The time after which an order that no model could write fails, and its credits are returned."""
MODEL_ATTEMPTS = 3
"""The number of answers of a model that one run of the job may find unusable."""


def options_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that reach the model: no notes, no scores, no names."""
    names = ("mood", "budget", "place", "love_language")
    return {name: str(asked[name]) for name in names if asked.get(name)}


def is_small_enough(items: Sequence[tuple[str, str]]) -> bool:
    """Return whether the answers fit into MAX_BYTES."""
    return len(json.dumps(answers_of(items), ensure_ascii=False).encode()) <= MAX_BYTES


def answers_of(items: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return the items as they are stored."""
    return [{"title": title, "text": text} for title, text in items]


def is_given_up(created_at: datetime, now: datetime) -> bool:
    """Return whether an order has waited for its model for too long."""
    return now - created_at >= GIVEN_UP_AFTER


def oldest_wait(idea_ids: Iterable[str], now: datetime) -> timedelta:
    """Return how long the oldest of these orders has waited since it was placed; zero without one."""
    return max((now - ids.time_of(idea_id) for idea_id in idea_ids), default=timedelta())


def request_key(idea_id: str) -> str:
    """Return the key under which billing spends and returns the credits of an order."""
    return f"idea/{idea_id}"
