"""A merchant's settings of an app."""

from __future__ import annotations

import json
import re
from typing import Any

from chalicelib.kit.errors import InvalidInput, MalformedRequest
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops.errors import SettingsTooLarge
from chalicelib.shops.repository import settings as repository
from chalicelib.shops.schemas.merchant import SettingsRead, SettingsVersionRead
from chalicelib.shops.service.auth import Merchant

MAX_BYTES = 64 * 1024

_VERSION = re.compile(r"[0-9]{1,15}")


def read_settings(merchant: Merchant) -> SettingsRead:
    """Return the current settings; version 0 if none are stored."""
    row = repository.find(merchant.shop, merchant.app)
    return SettingsRead.of(row) if row else SettingsRead()


def change_settings(merchant: Merchant, settings: dict[str, Any], expected: str) -> SettingsRead:
    """Replace the settings if their version is `expected`, an ETag.

    Raises SettingsTooLarge, InvalidInput, MalformedRequest if `expected` is not an ETag, VersionMismatch.
    """
    try:
        text = json.dumps(settings, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise InvalidInput("body.settings: holds a number that is too large") from error
    if len(text.encode()) > MAX_BYTES:
        raise SettingsTooLarge
    if not _VERSION.fullmatch(expected):
        raise MalformedRequest("If-Match: send the ETag that you read.")
    row = repository.save(merchant.shop, merchant.app, settings, int(expected), merchant.user_id)
    return SettingsRead.of(row)


def list_settings_versions(merchant: Merchant, page: PageRequest) -> PageResult[SettingsVersionRead]:
    """Return a page of the versions saved within a year, newest first."""
    return repository.list_versions(merchant.shop, merchant.app, page).map(SettingsVersionRead.of)
