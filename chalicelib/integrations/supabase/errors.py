"""Errors of the calls to Supabase. None holds a text of Supabase: those may name members and projects."""

from __future__ import annotations

from enum import StrEnum

from chalicelib.kit.errors import Unavailable


class QuotaReason(StrEnum):
    """Why an organization can have no further project."""

    FREE_PROJECTS = "free_projects"
    """A member has as many free projects as Supabase allows: two."""
    PAYMENT = "payment"
    """An invoice is overdue, or there is no payment method."""


class SupabaseUnavailable(Unavailable):
    """Supabase does not answer, or answers with 5xx or something unreadable. The call may have had its effect."""

    code = "SupabaseUnavailable"
    title = "Supabase is not available; try again"


class SupabaseThrottled(SupabaseUnavailable):
    """Supabase's rate limit; `retry_after` is the number of seconds until it resets. The call had no effect."""

    code = "SupabaseThrottled"


class SupabaseRefused(Exception):
    """Supabase refuses the call with this HTTP status. A retry of the same call does not help."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Supabase answered {status}")
        self.status = status


class SupabaseUnauthorized(SupabaseRefused):
    """The access token is invalid or expired (401), or lacks a permission or the organization (403)."""


class SupabaseProjectMissing(SupabaseRefused):
    """The token's owner has no such project (404)."""


class SupabaseQuotaReached(SupabaseRefused):
    """The organization can have no further project; `reason` says why."""

    def __init__(self, status: int, reason: QuotaReason) -> None:
        super().__init__(status)
        self.reason = reason


class InvalidSupabaseName(ValueError):
    """An organization, region or project ref that is none; no URL is built of it."""
