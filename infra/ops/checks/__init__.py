"""Checks of a deployed stage for `backroom check`: one module for each kind, with `check() -> Iterator[Finding]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from botocore.exceptions import ClientError

Status = Literal["ok", "warning", "failed"]
"""`failed` needs the operator now; a `warning` limits what the stage can do; `ok` needs nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `advice` says what was found and what to do about it; never a secret's value."""

    name: str
    status: Status
    advice: str


def iterate_findings(kind: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield the findings of a check; if AWS refuses one of its calls, a warning instead of the rest."""
    try:
        yield from check()
    except ClientError as error:
        code, call = error.response["Error"]["Code"], error.operation_name
        yield Finding(kind, "warning", f"not checked: {call} answers {code}; the credentials may lack its permission")
