"""The costs of couples, and of moving a member's credits, for docs/costs.md."""

from __future__ import annotations

from infra.bench.round_trips import Cost

COUPLES = {
    "invitation created": Cost(reads=2, writes=1, write_units=4),
    "invitation accepted": Cost(reads=6, writes=2, write_units=18, sends=1),
    "relationship paused": Cost(reads=2, writes=1, write_units=2),
    "relationship paused, with 50 pauses": Cost(reads=2, writes=1, write_units=12),
    "relationship ended": Cost(reads=3, writes=1, write_units=18, sends=1),
}
"""The costs of couples, the same for members with 10 and with 1,000 former relationships."""
TRANSFERS = {
    10: Cost(reads=1, writes=1, write_units=55, sends=2),
    1_000: Cost(reads=25, writes=25, write_units=12_948, sends=50),
}
"""The costs of moving a member's credits to another ledger, by the number of lots."""
COUPLES_PAGE = (
    "",
    "## Couples",
    "",
    "`tests/together/scenarios/test_growth.py` measures each for members with 10 and with 1,000 former relationships: the",
    "costs are the same. The caller's own read of session and account is one more.",
    "",
    "| operation | reads | writes | units | sends |",
    "| --- | --- | --- | --- | --- |",
    *(f"| {name} | {c.reads} | {c.writes} | {c.write_units} | {c.sends} |" for name, c in COUPLES.items()),
    "",
    "Pauses are a column of the relationship's row, at most 50, so the row grows to about 6 kB and no further. A list of",
    "relationships reads one page of places. The deletion of one's own rows is linear in them; a settlement moves credits in",
    "steps of 40 lots. Couples at rest cost nothing.",
    "",
    "`tests/billing/scenarios/test_transfer_growth.py` measures the move of a member's lots. Calls are linear in the lots;",
    "each step writes both heads whole, so that their units grow with the square. A member has a lot for each grant or",
    "purchase that is not used up.",
    "",
    "| lots that move | reads | writes | units | sends |",
    "| --- | --- | --- | --- | --- |",
    *(f"| {lots} | {c.reads} | {c.writes} | {c.write_units} | {c.sends} |" for lots, c in TRANSFERS.items()),
)
