"""The costs of backups and restores of stores, for docs/costs.md; tests measure them."""

from __future__ import annotations

from infra.bench.round_trips import Cost

BACKUPS = {
    "job: backup of a store": Cost(reads=2, writes=3, write_units=11, objects=3),
    "job: restore on a shared server": Cost(reads=13, writes=35, write_units=150, sends=2, objects=14),
}
"""The costs for stores of few rows; rows cost no calls to DynamoDB."""
BACKUPS_PAGE = (
    "",
    "## Backups of stores",
    "",
    "`tests/platform/scenarios/test_backups.py` and `test_restores.py` measure each for a store of few rows. A job that takes",
    "longer stores its progress every five seconds with one write. A backup calls S3 twice, and once for each 8 MB. A",
    "restore reads the backup four times, in ranges of 4 MB.",
    "",
    "| operation | reads | writes | units | sends | objects |",
    "| --- | --- | --- | --- | --- | --- |",
    *(
        f"| {name} | {cost.reads} | {cost.writes} | {cost.write_units} | {cost.sends} | {cost.objects} |"
        for name, cost in BACKUPS.items()
    ),
)
