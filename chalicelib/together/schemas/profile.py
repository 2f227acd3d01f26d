"""A member's profile and preferences."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.kit import clock
from chalicelib.kit.accounts.fields import DisplayName
from chalicelib.kit.schemas import UNCHANGED, Input, Schema, Timestamp
from chalicelib.together.domain import preferences
from chalicelib.together.domain.preferences import MAIL_KINDS
from chalicelib.together.enums import LoveLanguage
from chalicelib.together.models import User
from chalicelib.together.schemas.account_fields import TimeZoneName

_EARLIEST = date(1900, 1, 1)

Hour = Annotated[int, Field(ge=0, le=23, strict=True)]


def _past(day: date) -> date:
    if not _EARLIEST <= day <= clock.today():
        raise ValueError("must be between 1900-01-01 and today")
    return day


def _mail_kinds(choices: dict[str, bool]) -> dict[str, bool]:
    unknown = sorted(set(choices) - set(MAIL_KINDS))
    if unknown:
        raise ValueError(f"the kinds of e-mail are {', '.join(MAIL_KINDS)}")
    return choices


class QuietHours(Input):
    """The local hours from `start` to `end` (exclusive) without e-mails; equal ones: none are quiet."""

    start: Hour
    end: Hour


class SharedProfile(Input):
    """What the partner sees of the profile, in addition to the name."""

    birthday: bool = True
    love_languages: bool = True


class PreferencesUpdate(Input):
    """Changes of preferences; a field that is not given stays."""

    email: Annotated[dict[str, bool], AfterValidator(_mail_kinds)] = UNCHANGED
    hour: Hour = UNCHANGED
    quiet: QuietHours = UNCHANGED
    shared: SharedProfile = UNCHANGED
    analytics: bool = UNCHANGED


class PreferencesRead(Schema):
    """A member's preferences, with the defaults of what they have not chosen."""

    email: dict[str, bool]
    hour: int
    quiet: QuietHours
    shared: SharedProfile
    analytics: bool

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from the column of a member's row."""
        stored: dict[str, Any] = row or {}
        start, end = preferences.quiet_hours(stored)
        return cls(
            email={kind: preferences.is_mailed(stored, kind) for kind in MAIL_KINDS},
            hour=preferences.reminder_hour(stored),
            quiet=QuietHours(start=start, end=end),
            shared=SharedProfile(
                birthday=preferences.is_shared(stored, "birthday"),
                love_languages=preferences.is_shared(stored, "love_languages"),
            ),
            analytics=bool(stored.get("analytics", True)),
        )


class ProfileUpdate(Input):
    """Changes of a profile; null removes a value."""

    display_name: DisplayName = UNCHANGED
    birthday: Annotated[date, AfterValidator(_past)] | None = None
    timezone: TimeZoneName = UNCHANGED
    locale: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$"), Field(examples=["en-GB"])] = UNCHANGED
    love_language_primary: LoveLanguage | None = None
    love_language_secondary: LoveLanguage | None = None
    preferences: PreferencesUpdate = UNCHANGED


class ProfileRead(Schema):
    """The caller's own profile."""

    id: str
    email: str
    pending_email: str | None
    display_name: str
    birthday: date | None
    timezone: str
    locale: str
    love_language_primary: LoveLanguage | None
    love_language_secondary: LoveLanguage | None
    avatar_url: str | None
    preferences: PreferencesRead
    created_at: Timestamp

    @classmethod
    def of(cls, row: Any) -> Self:
        """Build the schema from a member's row."""
        user: User = row
        columns = {name: getattr(user, name) for name in cls.model_fields if name != "preferences"}
        if user.pending_email_until is not None and user.pending_email_until <= clock.now():
            columns["pending_email"] = None
        return cls(**columns, preferences=PreferencesRead.of(user.preferences))
