"""What the writers of a shop's row ask of it."""

from __future__ import annotations

from datetime import datetime, timedelta
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


def no_evidence_since(moment: datetime, tolerance: timedelta) -> Any:
    """Demand no evidence of the installation after `moment`; a session token may be later by `tolerance`."""
    session = Shop.session_issued_at
    return (
        (Shop.installed_at <= moment)
        & (Shop.confirmed_at.does_not_exist() | (Shop.confirmed_at <= moment))
        & (session.does_not_exist() | (session <= moment + tolerance))
    )
