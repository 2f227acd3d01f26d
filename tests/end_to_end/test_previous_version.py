"""Rows, cursors, stored responses, checkpoints and messages of the version before are served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chalicelib.kit import clock, locks
from infra.deploy import data_stack, handlers
from infra.deploy.handlers import Schedule
from infra.local import schedules
from infra.ops.__main__ import main
from tests import previous_version
from tests.end_to_end.previous_state import (
    FOLDER,
    Clock,
    Drain,
    Previous,
    assert_same_rows,
    fire,
    folder,
    previous,
    sandboxes,
    time,
)

__all__ = ["folder", "previous", "sandboxes", "time"]

NEW_TABLES = {"billing-monthly_grants", "kit-attempts", "kit-cache", "kit-sessions", "shops-shop_domains"}
"""Tables that the version before did not have."""
NEW_CONTEXTS = {"analytics", "discounts", "platform", "together"}
"""Contexts that the version before did not have."""
VALUES = json.loads((FOLDER / "values.json").read_text())
OLD_SCHEDULES = {
    "billing-grant": "billing-grant_monthly_credits",
    "billing-expire": "billing-expire_credits",
    "billing-release": "billing-release_reservations",
    "billing-check": "billing-check_invariants",
    "billing-remind": "billing-send_dunning_notices",
    "shops-reconcile": "shops-reconcile_installations",
    "studio-recover": "studio-recover_generations",
    "studio-roll": "studio-roll_over_quotas",
    "retention-sweep": "retention-start_sweep",
    "retention-remind": "retention-check_due_dates",
}


def old_schedules() -> list[Schedule]:
    """Return the schedules that the version before had, too."""
    return [schedule for schedule in handlers.schedules() if schedule.context not in NEW_CONTEXTS]


def test_the_data_hold_rows_of_every_table(previous: Previous) -> None:
    names = {str(model.Meta.table_name) for model in data_stack.models()}
    filled = {data_stack.physical(name) for name, rows in previous.rows.items() if rows}
    new_tables = {data_stack.physical(name) for name in NEW_TABLES}
    new_tables |= {
        name for name in names for context in NEW_CONTEXTS if name.startswith(data_stack.physical(f"{context}-"))
    }
    assert names - filled == new_tables
    assert filled <= names


def test_every_row_is_read_and_written_with_its_old_values(previous: Previous) -> None:
    assert_same_rows(previous)


def test_a_dump_of_today_s_rows_and_objects_is_what_was_loaded(previous: Previous, tmp_path: Path) -> None:
    """The same tool writes the state for the next renames."""
    urls = {"shopify": previous.shopify.url, "stripe": previous.stripe.url}
    previous_version.dump(tmp_path / "dump", previous.values, {}, urls)
    documents = previous_version.load(tmp_path / "dump", urls)
    assert {table: rows for table, rows in documents["rows"].items() if rows} == {
        table: sorted(rows, key=json.dumps) for table, rows in previous.rows.items() if rows
    }
    assert documents["values"] == previous.values
    original = previous_version.load(FOLDER, urls)["objects"]
    assert documents["objects"] == original


def test_old_cursors_give_the_second_page(previous: Previous) -> None:
    second = {}
    for name, old in previous.values["cursors"].items():
        page = previous.get(old["who"], f"{old['path']}&cursor={old['cursor']}")
        second[name] = [item[old["key"]] for item in page["items"]]
    assert second == {name: old["second"] for name, old in previous.values["cursors"].items()}


def row_counts() -> dict[str, int]:
    """Return the rows of each table whose rows do not expire; counters of attempts, for example, may change."""
    lasting = [model for model in data_stack.models() if "expires_epoch" not in model.get_attributes()]
    return {model.Meta.table_name: model.count() for model in lasting}


@pytest.mark.parametrize("name", VALUES["replays"])
def test_an_old_idempotency_key_replays_its_response(previous: Previous, name: str) -> None:
    old = previous.values["replays"][name]
    before = row_counts()
    response = previous.call(old["who"], "POST", old["path"], old["body"], **{"Idempotency-Key": old["key"]})
    assert response.json() == old["answer"]
    assert response.headers["idempotency-replayed"] == "true"
    assert row_counts() == before
    other = old["body"] | {"other": 1}
    response = previous.call(old["who"], "POST", old["path"], other, **{"Idempotency-Key": old["key"]})
    assert response.status_code in (409, 422)


def test_every_renamed_schedule_is_in_the_data(previous: Previous) -> None:
    stored = {row["name"]["S"].removeprefix("schedule/") for row in previous.rows["kit-locks"]}
    assert set(OLD_SCHEDULES) <= stored
    assert set(OLD_SCHEDULES.values()) == {schedule.name for schedule in old_schedules()}


def test_a_schedule_waits_for_one_period_after_its_last_run_under_the_old_name(
    previous: Previous, drain: Drain, time: Clock
) -> None:
    for schedule in old_schedules():
        period = schedules.seconds(schedule.expression)
        last = next(row for row in previous.rows["kit-locks"] if row["name"]["S"] == f"schedule/{schedule.formerly}")
        passed = (time.moment - clock.parse(last["watermark"]["S"])).total_seconds()
        assert schedules.first_wait(schedule) == pytest.approx(max(0, period - passed), abs=1)
    fire("retention-check_due_dates", time.advance(hours=6))
    assert drain() == []
    assert locks.watermark("schedule/retention-check_due_dates") is not None


def test_an_installation_in_progress_is_completed(previous: Previous, drain: Drain) -> None:
    old = previous.values["install"]
    consented = previous.api.get(old["location"])
    cookie = old["cookie"].partition(";")[0]
    response = previous.api.get(consented.headers["location"], headers={"Cookie": cookie})
    assert response.status_code == 302, response.text
    assert drain() == []


def test_old_settings_are_changed_by_their_etag(previous: Previous) -> None:
    body = {"settings": {"gallery": False}}
    saved = previous.call(
        "merchant", "PUT", "/v1/shops/me/settings", body, **{"If-Match": previous.values["settings_etag"]}
    )
    assert (saved.status_code, saved.json()["version"]) == (200, 3)


def test_a_stopped_replay_resumes(previous: Previous, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = json.loads(locks.watermark("shops/replay") or "")
    assert main(["replay", "--topic", "products/update"]) == 0
    output = capsys.readouterr()
    assert f"Resuming after {stopped['counts']['rows']} deliveries" in output.err
    replayed = {line.partition("\t")[0] for line in output.out.splitlines()}
    assert not replayed & set(previous.values["replayed"])
    assert replayed | set(previous.values["replayed"]) >= set(previous.values["to_replay"])
    assert locks.watermark("shops/replay") == ""


def test_a_stopped_key_rotation_resumes(previous: Previous, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = json.loads(locks.watermark("shops/rotate-secrets") or "")
    assert main(["rotate-secrets"]) == 0
    output = capsys.readouterr()
    assert f"Resuming after {stopped['counts']['rows']} rows" in output.err
    assert "0 could not be decrypted" in output.out
    assert main(["rotate-secrets", "--drop-old"]) == 0
    assert "Key k1 dropped" in capsys.readouterr().out
    assert previous.get("merchant", "/v1/shops/me")["is_active"]
