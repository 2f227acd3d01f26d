"""The maintenance notice on the owners' page."""

from __future__ import annotations

from chalicelib.platform.schemas.settings import Maintenance
from chalicelib.platform.service import settings

_DEFAULT = "We are working on Backroom. Some actions may fail for a while."


def read_notice() -> str | None:
    """Return the text of the notice; None while the setting `maintenance` is off."""
    setting = settings.read_setting(Maintenance)
    return (setting.message or _DEFAULT) if setting.is_on else None
