"""Erasures, exports, runs of rules and the archive of the version before continue."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from infra.ops.__main__ import main
from tests.end_to_end.previous_state import Clock, Drain, Previous, fire, folder, previous, sandboxes, time
from tests.retention.factories import traces

__all__ = ["folder", "previous", "sandboxes", "time"]

LOGS = "shops/installation_logs"


def request_of(previous: Previous, name: str) -> dict[str, Any]:
    """A privacy request of the data, as operators read it."""
    request = previous.values["erasures"][name] if name != "export" else previous.values["export"]
    read: dict[str, Any] = previous.get("operator", f"/v1/operator/privacy-requests/{request['id']}")
    return read


def continue_erasures(previous: Previous, drain: Drain, time: Clock) -> None:
    """Handle the old messages; after workers from before the tombstones have finished, the schedule resumes the rest."""
    previous.move_messages()
    assert drain() == []
    for _ in range(3):
        fire("retention-check_due_dates", time.advance(minutes=17))
        assert drain() == []


@pytest.mark.parametrize("name", ["customer", "member"])
def test_an_erasure_continues_at_its_step_and_completes(
    previous: Previous, drain: Drain, time: Clock, name: str
) -> None:
    (row,) = (
        row for row in previous.rows["retention-privacy_requests"] if row["id"]["S"] == request_of(previous, name)["id"]
    )
    assert row["progress"]["S"]
    assert request_of(previous, name)["status"] == "running"
    continue_erasures(previous, drain, time)
    request = request_of(previous, name)
    assert request["status"] == "completed"
    assert request["report"]["rounds"] >= 2
    subject = "gid://shopify/Customer/4712" if name == "customer" else previous.values["gone"]["id"]
    assert list(traces(subject)) == []


def test_an_erased_customer_is_not_stored_again(previous: Previous, drain: Drain) -> None:
    """Their tombstone was set by the version before."""
    line = {"variant_id": 4101, "product_id": 8001, "quantity": 1, "price": "49.00", "properties": []}
    order = previous.shopify.paid_order(previous.shop, [line], customer_id=4712)
    order["created_at"] = order["processed_at"] = "2026-11-01T00:00:00Z"
    previous.shopify.deliver("studio", previous.shop, "orders/paid", order, triggered_at="2026-11-01T00:00:00Z")
    assert drain() == []
    assert list(traces(order["admin_graphql_api_id"])) == []


def test_a_requested_export_is_completed(previous: Previous, drain: Drain) -> None:
    previous.move_messages()
    assert drain() == []
    assert request_of(previous, "export")["status"] == "completed"
    link = previous.call("operator", "POST", f"/v1/operator/privacy-requests/{previous.values['export']['id']}/link")
    assert httpx2.get(link.json()["url"]).content.startswith(b"PK")


def test_an_unfinished_archive_is_completed_and_queried(
    previous: Previous, drain: Drain, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = [row["status"]["S"] for row in previous.rows["retention-archives"]]
    assert sorted(statuses) == ["purged", "written"]
    previous.move_messages()
    assert drain() == []
    runs = previous.get("operator", f"/v1/operator/retention-runs?rule={LOGS}")["items"]
    assert [run["status"] for run in runs] == ["completed", "completed"]
    assert [run["rows_archived"] for run in runs] == [3, 1]
    assert [run["rows_deleted"] for run in runs] == [3, 1]
    assert main(["archive-query", "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM shops_installation_logs"]) == 0
    assert capsys.readouterr().out.splitlines() == ["n,ids", "4,4"]
    shop = previous.values["archive_shop"]
    assert main(["archive-query", f"SELECT DISTINCT shop FROM shops_installation_logs WHERE shop = '{shop}'"]) == 0


def test_the_next_sweep_archives_nothing_twice(
    previous: Previous, drain: Drain, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """It resumes the unfinished run of the day before, whose message is lost."""
    for _ in range(2):
        fire("retention-start_sweep", time.advance(days=1))
        assert drain() == []
    runs = previous.get("operator", f"/v1/operator/retention-runs?rule={LOGS}")["items"]
    assert {run["status"] for run in runs} == {"completed"}
    assert sum(run["rows_archived"] for run in runs) == 4
    assert main(["archive-query", "SELECT count(*) AS n FROM shops_installation_logs"]) == 0
    assert capsys.readouterr().out.splitlines() == ["n", "4"]
