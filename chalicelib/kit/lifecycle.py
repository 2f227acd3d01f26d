"""The words in which a context declares how long its rows live; `retention` runs what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from chalicelib.kit.tables import Table


class ExpiryAction(StrEnum):
    """What happens to a row when its time is over."""

    DELETE = "delete"
    ARCHIVE = "archive"
    """To the cold store first, verified, then deleted."""


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Rows of `table` live for `keep` after the moment in their column `counts`. Rows without it live on.

    `name` is `<context>/<table>`, which is also where the archive keeps them.
    """

    name: str
    table: type[Table]
    counts: str
    keep: timedelta
    then: ExpiryAction
