"""The costs of the measures, for docs/costs.md; tests/platform/scenarios/test_measure_costs.py measures each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeasureCost:
    """Calls to DynamoDB, write units, SQS calls, and messages to the store's database."""

    reads: int = 0
    writes: int = 0
    write_units: int = 0
    sends: int = 0
    messages: int = 0


MEASURES = {
    "job: four days of a store and its month": MeasureCost(reads=7, writes=5, write_units=5, messages=3),
    "job: the same, and the month has not changed": MeasureCost(reads=7, writes=4, write_units=4, messages=3),
    "payment recorded": MeasureCost(writes=1, write_units=2),
    "payment with a refund recorded": MeasureCost(writes=2, write_units=4),
    "job: month of revenue": MeasureCost(reads=1, writes=1, write_units=1),
    "job: hour of two endpoints": MeasureCost(reads=2, writes=2, write_units=4),
    "schedule: nothing is due": MeasureCost(reads=31, sends=1),
    "schedule: a day of a store and an hour are due": MeasureCost(reads=32, sends=3),
    "store's days read": MeasureCost(reads=2),
}
"""The costs of the measures, the same with few and with many orders, entries and idle stores."""
MEASURES_PAGE = (
    "",
    "## Measures",
    "",
    "`tests/platform/scenarios/test_measure_costs.py` measures each with 3 and with 60 orders, entries and idle stores. The job of a",
    "store runs once for each of its days that ends, and only if the store was called on it: a store that nobody called costs",
    "nothing. *Messages* go to the store's database: one statement counts all four days. Each 1,000 entries of a month, and",
    "each 100 stores of an hour, add one or two reads. An hour has one write for each endpoint, and is computed twice.",
    "",
    "| operation | reads | writes | units | sends | messages |",
    "| --- | --- | --- | --- | --- | --- |",
    *(
        f"| {name} | {c.reads} | {c.writes} | {c.write_units} | {c.sends} | {c.messages} |"
        for name, c in MEASURES.items()
    ),
)
