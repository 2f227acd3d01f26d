"""The result of the discount function: its candidates, its JSON and its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from chalicelib.kit.minor_units import half_up

OUTPUT_BYTES = 20_000
"""Shopify ignores a larger result. The limit grows with the lines of a cart from 200 lines on."""
BYTES_PER_LINE = OUTPUT_BYTES // 200
LIMIT = 10**15
"""Prices at or above this limit get no amount off: only below it, JavaScript's numbers calculate exactly."""
MOST_SAVING = 2**53 - 1
"""The largest integer that a JavaScript number holds exactly; larger savings count as equal."""
_RESULT_BYTES = len('{"operations":[{"productDiscountsAdd":{"candidates":[],"selectionStrategy":"ALL"}}]}')
_AMOUNT_BYTES = len('{"targets":[],"value":{"fixedAmount":{"amount":"","appliesToEachItem":true}}},')
_PERCENTAGE_BYTES = len('{"targets":[],"value":{"percentage":{"value":""}}},')
_TARGET_BYTES = len('{"cartLine":{"id":""}},')


class OutputLine(Protocol):
    """The properties of a line that the result depends on."""

    @property
    def line_id(self) -> str:
        """Return the id at Shopify."""

    @property
    def quantity(self) -> int:
        """Return the number of units."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value and the indexes of its lines: hundredths of a percent, or minor units off each unit.

    `text` is the value as Shopify receives it.
    """

    is_percentage: bool
    number: int
    text: str
    indexes: list[int] = field(default_factory=list)

    def saving(self, quantity: int, price: int) -> int:
        """Return what a line of `quantity` units saves at a price of `price` minor units, in minor units."""
        return half_up(price * quantity * self.number, 10_000) if self.is_percentage else self.number * quantity


def fitting_candidates(
    candidates: Sequence[Candidate], lines: Sequence[OutputLine], prices: Sequence[int]
) -> list[Candidate]:
    """Return the candidates with the lines of the largest savings that fit into the result, ties by line.

    `prices` are the minor units of each line's unit price.
    """
    limit = max(OUTPUT_BYTES, BYTES_PER_LINE * len(lines))
    of = {index: candidate for candidate in candidates for index in candidate.indexes}
    savings = {index: _ranked_saving(of[index], lines[index].quantity, prices[index]) for index in of}
    kept: set[int] = set()
    begun: set[tuple[bool, int]] = set()
    size = _RESULT_BYTES
    for index in sorted(of, key=lambda index: (-savings[index], index)):
        candidate = of[index]
        key = (candidate.is_percentage, candidate.number)
        more = _TARGET_BYTES + len(lines[index].line_id) + (0 if key in begun else _candidate_bytes(candidate))
        if size + more <= limit:
            size += more
            kept.add(index)
            begun.add(key)
    fitting = (replace(each, indexes=[index for index in each.indexes if index in kept]) for each in candidates)
    return [candidate for candidate in fitting if candidate.indexes]


def function_result(candidates: Sequence[Candidate], lines: Sequence[OutputLine]) -> dict[str, Any]:
    """Return the result as Shopify receives it; no operations if there is no candidate."""
    if not candidates:
        return {"operations": []}
    result = [
        {
            "targets": [{"cartLine": {"id": lines[index].line_id}} for index in candidate.indexes],
            "value": {"percentage": {"value": candidate.text}}
            if candidate.is_percentage
            else {"fixedAmount": {"amount": candidate.text, "appliesToEachItem": True}},
        }
        for candidate in candidates
    ]
    return {"operations": [{"productDiscountsAdd": {"candidates": result, "selectionStrategy": "ALL"}}]}


def _ranked_saving(candidate: Candidate, quantity: int, price: int) -> int:
    if candidate.is_percentage and (price >= LIMIT or price * quantity > MOST_SAVING):
        return MOST_SAVING
    return min(candidate.saving(quantity, price), MOST_SAVING)


def _candidate_bytes(candidate: Candidate) -> int:
    return (_PERCENTAGE_BYTES if candidate.is_percentage else _AMOUNT_BYTES) + len(candidate.text)
