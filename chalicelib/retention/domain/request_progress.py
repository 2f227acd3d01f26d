"""The progress of a privacy request, as stored in its row."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class RequestProgress:
    """The scope of a privacy request and how far its worker is. The names of the fields are stored.

    Scope: `apps` of the shop; `order_ids`, other identifiers of the subject (a customer's orders, an owner's Stripe
    customer id); `reference`, Shopify's id of the request. Progress: `step` and the `place` in it; `counts` by table or
    folder, `found` in the current `round`. `buried_at` is when the tombstones were set; `is_last` says that the round
    began after all workers from before the tombstones had finished. `came_back` are apps that were installed again.
    `substitute_secret` makes the substitutes of a person in lakes; it is forgotten with the progress.
    """

    apps: tuple[str, ...] = ()
    order_ids: tuple[str, ...] = ()
    reference: str | None = None
    step: str = ""
    place: Any = None
    round: int = 1
    found: int = 0
    buried_at: str | None = None
    is_last: bool = False
    came_back: tuple[str, ...] = ()
    substitute_secret: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def with_count(self, name: str, count: int) -> RequestProgress:
        """Return the progress with `count` more rows or objects of a table or folder."""
        if not count:
            return self
        return replace(self, found=self.found + count, counts={**self.counts, name: self.counts.get(name, 0) + count})
