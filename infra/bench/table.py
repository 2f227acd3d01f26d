"""Render the results as a table: our figure, the other program's figure, the ratio, the budget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `budget` is the largest ratio or value that the specification allows (`at_least`: the smallest)."""

    what: str
    ours: str
    peer: str
    figure: float | None
    budget: float | None
    unit: str = "x"
    at_least: bool = False

    @property
    def verdict(self) -> str:
        if self.figure is None or self.budget is None:
            return ""
        if self.at_least:
            return "within" if self.figure >= self.budget else "UNDER"
        return "within" if self.figure <= self.budget else "OVER"


def render(rows: list[Row]) -> str:
    """Return the rows as text with aligned columns."""
    cells = [("benchmark", "ours", "compared with", "figure", "budget", "")]
    for row in rows:
        figure = "" if row.figure is None else f"{row.figure:.2f} {row.unit}"
        budget = "" if row.budget is None else f"{'>=' if row.at_least else '<='} {row.budget:g} {row.unit}"
        cells.append((row.what, row.ours, row.peer, figure, budget, row.verdict))
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells)
