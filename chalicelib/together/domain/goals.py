"""Rules of goals: progress, and which status may follow which."""

from __future__ import annotations

from chalicelib.together.enums import GoalStatus
from chalicelib.together.errors import GoalCompleted, GoalNotActive, GoalWithoutTarget

OPEN = (GoalStatus.ACTIVE, GoalStatus.PAUSED)
"""A goal of these statuses counts towards the cap."""


def progress_after(current: int, delta: int, target: int | None, status: GoalStatus) -> int:
    """Return the progress of a goal after `delta`, clamped to 0 and the target.

    A completed goal stays as it is; it takes nothing back. Raises GoalWithoutTarget, GoalCompleted, GoalNotActive.
    """
    if target is None:
        raise GoalWithoutTarget
    if status is GoalStatus.COMPLETED:
        if delta < 0:
            raise GoalCompleted
        return current
    if status is not GoalStatus.ACTIVE:
        raise GoalNotActive
    return min(max(current + delta, 0), target)


def status_after(current: GoalStatus, requested: GoalStatus, progress: int, target: int | None) -> GoalStatus:
    """Return the status after a change to `requested`. An active goal that reaches its target is completed.

    Raises GoalCompleted if a completed goal is to have another status.
    """
    if current is GoalStatus.COMPLETED:
        if requested is not GoalStatus.COMPLETED:
            raise GoalCompleted
        return current
    if requested is GoalStatus.ACTIVE and target is not None and progress >= target:
        return GoalStatus.COMPLETED
    return requested
