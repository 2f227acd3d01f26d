"""Checks of a deployed stage for `make ops ARGS=check`: one module for each kind, with `check() -> Iterator[Finding]`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed"]
"""`failed` needs the operator now; a `warning` limits what the stage can do; `ok` needs nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `advice` says what was found and what to do about it; never a secret's value."""

    name: str
    status: Status
    advice: str
