"""The platform's settings: versioned, checked by the schema of their name, and audited."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from chalicelib.kit import clock
from chalicelib.kit.auth import Account
from chalicelib.kit.errors import VersionMismatch
from chalicelib.platform.domain.audit import PLATFORM, Change
from chalicelib.platform.errors import InvalidSetting, SettingNotFound
from chalicelib.platform.models import PlatformSetting
from chalicelib.platform.repository import settings
from chalicelib.platform.schemas.settings import SETTINGS, SettingRead, SettingValue
from chalicelib.platform.service import audit

S = TypeVar("S", bound=SettingValue)


def read_setting(kind: type[S]) -> S:
    """Return a setting's value, with one read; the defaults of its schema if it was never written."""
    row = settings.find_setting(kind.setting)
    return kind() if row is None else kind.model_validate(row.value)


def get_setting(name: str) -> SettingRead:
    """Return a setting. Raises SettingNotFound for another name."""
    kind = _kind_of(name)
    row = settings.find_setting(name)
    if row is None:
        return SettingRead(name=name, value=kind().model_dump(), version=0, updated_by=None, updated_at=None)
    return SettingRead.of(row)


def put_setting(account: Account, name: str, value: dict[str, Any], version: str) -> SettingRead:
    """Store a setting in place of a version, and audit it.

    Raises SettingNotFound, InvalidSetting with the fields, VersionMismatch if it has another version.
    """
    checked = _checked(_kind_of(name), value)
    current = get_setting(name)
    row = PlatformSetting(
        name, value=checked, version=current.version + 1, updated_by=account.id, updated_at=clock.now()
    )
    if version != str(current.version) or not settings.put_setting(row):
        raise VersionMismatch
    audit.publish_change(account, Change(PLATFORM, "platform.put_setting", f"setting:{name}", current.value, checked))
    return SettingRead.of(row)


def _kind_of(name: str) -> type[SettingValue]:
    if name not in SETTINGS:
        raise SettingNotFound
    return SETTINGS[name]


def _checked(kind: type[SettingValue], value: dict[str, Any]) -> dict[str, Any]:
    """Return the value with its defaults. Raises InvalidSetting."""
    try:
        return kind.model_validate(value).model_dump(mode="json")
    except ValidationError as error:
        errors = [
            {"path": ".".join(["body.value", *map(str, item["loc"])]), "message": item["msg"]}
            for item in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise InvalidSetting(f"{errors[0]['path']}: {errors[0]['message']}", errors=errors) from None
