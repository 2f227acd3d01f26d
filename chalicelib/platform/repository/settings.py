"""The platform's settings, a row each."""

from __future__ import annotations

from chalicelib.kit.tables import put_if
from chalicelib.platform.models import PlatformSetting


def find_setting(name: str) -> PlatformSetting | None:
    """Return a setting, read consistently; None if it was never written."""
    try:
        return PlatformSetting.get(name, consistent_read=True)
    except PlatformSetting.DoesNotExist:
        return None


def put_setting(row: PlatformSetting) -> bool:
    """Store a setting in place of the version before the row's. Returns False if another version is stored."""
    version = PlatformSetting.version
    return put_if(row, version.does_not_exist() if row.version == 1 else version == row.version - 1)
