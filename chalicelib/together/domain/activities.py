"""Rules of activities: the status, the completion, the key of their order, the columns of the ratings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.together.enums import ActivityStatus
from chalicelib.together.errors import ActivityCompleted, ActivityNotCompleted, InvalidActivity


def rating_column(is_user_1: bool) -> str:
    """Return the column of the rating of the relationship's first or second member."""
    return "satisfaction_user_1" if is_user_1 else "satisfaction_user_2"


def columns_after_change(
    before: Mapping[str, Any], changes: Mapping[str, Any], rating: str, now: datetime
) -> dict[str, Any]:
    """Return the columns that the changes set; `rating` is the column of the caller's rating.

    `before` and the result are columns, `changes` are fields of the request. A completion has the time `now` unless the
    request names one. Raises ActivityCompleted, ActivityNotCompleted, InvalidActivity.
    """
    columns = dict(changes)
    status = columns.setdefault("status", before["status"])
    is_completed = status is ActivityStatus.COMPLETED
    if before["status"] is ActivityStatus.COMPLETED and not is_completed:
        raise ActivityCompleted
    if "completed_at" in columns and not is_completed:
        raise _invalid("completed_at", "only a completed activity has it")
    if is_completed:
        columns.setdefault("completed_at", before["completed_at"] or now)
        if columns["completed_at"] > now:
            raise _invalid("completed_at", "must not be in the future")
    if "satisfaction" in columns:
        if not is_completed:
            raise ActivityNotCompleted
        columns[rating] = columns.pop("satisfaction")
    after = {**before, **columns}
    if after["cost"] is not None and after["currency"] is None:
        raise _invalid("currency", "`cost` requires `currency`")
    return columns


def listed_at(completed_at: datetime | None, planned_at: datetime | None, created_at: datetime) -> datetime:
    """Return the time by which activities are listed: of the completion, else of the plan, else of the creation."""
    return completed_at or planned_at or created_at


def _invalid(field: str, message: str) -> InvalidActivity:
    return InvalidActivity(f"body.{field}: {message}", errors=[{"path": f"body.{field}", "message": message}])
