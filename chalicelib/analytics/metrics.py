"""The metrics of analytics."""

from __future__ import annotations

BATCH_SCHEDULES: tuple[str, ...] = ()
"""The schedules that write `StepsFailed`."""
