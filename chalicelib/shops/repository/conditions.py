"""What the writers of a shop's row ask of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.kit.errors import Conflict
from chalicelib.shops.models import Shop

ACTIVE = Shop.is_active == True  # noqa: E712 - a condition, not a comparison
AWAY = Shop.is_active == False  # noqa: E712


class Overtaken(Conflict):
    """Another writer was faster; look again."""


class Removed(Conflict):
    """The app was removed from the shop while it was being installed."""


def not_removed_since(moment: datetime) -> Any:
    """No uninstall of `moment` or later was told."""
    return Shop.last_triggered_at.does_not_exist() | (Shop.last_triggered_at < moment)


def not_confirmed_since(moment: datetime) -> Any:
    """No merchant has opened the app after `moment` and had its lost tokens fetched."""
    return Shop.confirmed_at.does_not_exist() | (Shop.confirmed_at <= moment)
