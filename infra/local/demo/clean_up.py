"""Demo steps: the daily sweep archives and deletes old rows."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.kit import clock, ids
from infra.local.demo.world import Wrong, eventually
from infra.local.environment import Plan
from infra.local.stack import fire

YEARS_AGO = timedelta(days=3 * 365)


def age(shop: str) -> None:
    """Create expired rows: a session, and an installation log that is three years old."""
    from chalicelib.shops.models import EventType, InstallationLog, Session

    then = clock.now() - YEARS_AGO
    InstallationLog(
        shop=shop, id=f"demo-{ids.time_ordered()}", app="studio", event_type=EventType.INSTALL, created_at=then
    ).save()
    Session(id=f"demo-{ids.new()}", shop=shop, app="studio", state="", expires=then, created_at=then).save()


def sweep(plan: Plan, shop: str) -> str:
    """Run the daily schedule. Check that the old log is archived and deleted, and the expired session deleted.

    Raises Wrong if they are not.
    """
    from chalicelib.retention.models import Archive
    from chalicelib.shops.models import InstallationLog, Session

    age(shop)
    fire(plan, "retention-start_sweep")

    def swept() -> bool:
        logs = [log.id for log in InstallationLog.query(shop) if log.id.startswith("demo-")]
        sessions = [row.id for row in Session.by_shop.query(shop) if row.id.startswith("demo-")]
        return not logs and not sessions

    eventually(swept, "old rows swept by the schedule")
    archives = list(Archive.query("shops/installation_logs"))
    if not any(archive.row_count for archive in archives):
        raise Wrong("no archive contains the log")
    newest = max(archives, key=lambda archive: archive.created_at)
    return f"{newest.row_count} row in {newest.s3_key.rsplit('/', 1)[-1]}, verified, then deleted"
