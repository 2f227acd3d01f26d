"""Operators see how the clean-up goes: by the API, and by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock
from chalicelib.kit.auth import Role
from chalicelib.retention.repository import runs
from chalicelib.retention.rules import LAKES, RULES
from infra.ops.__main__ import main
from tests.retention.conftest import CUT_OFF, DUE, log_of
from tests.retention.lakes import SAMPLE

LOGS = "shops/installation_logs"
Sweep = Callable[..., None]


@pytest.fixture
def operator() -> dict[str, str]:
    return {"Authorization": f"Bearer {auth.mint(Role.OPERATOR, 'operator-1', timedelta(hours=1))}"}


def rule_of(answer: httpx2.Response, name: str) -> dict[str, Any]:
    [found] = [dict(rule) for rule in answer.json()["items"] if rule["rule"] == name]
    return found


def listed_rules() -> list[str]:
    return sorted(RULES) + [lake.folder.removesuffix("/") for _, lake in sorted(LAKES.items())]


def test_lakes_are_listed_with_their_storage_classes(
    api: httpx2.Client, operator: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LAKES, SAMPLE.name, SAMPLE)
    rule = rule_of(api.get("/v1/operator/retention-rules", headers=operator), "lake/sample/events")
    assert rule == {
        "rule": "lake/sample/events",
        "counts": "last write",
        "keep_seconds": 731 * 86400,
        "then": "delete",
        "storage_classes": {"STANDARD_IA": 90, "GLACIER_IR": 365},
        "latest": None,
    }


def test_all_rules_are_listed_with_their_latest_run(api: httpx2.Client, operator: dict[str, str], sweep: Sweep) -> None:
    before = api.get("/v1/operator/retention-rules", headers=operator)
    assert [rule["rule"] for rule in before.json()["items"]] == listed_rules()
    assert {rule["latest"] for rule in before.json()["items"]} == {None}
    log_of(CUT_OFF)
    sweep()
    rule = rule_of(api.get("/v1/operator/retention-rules", headers=operator), LOGS)
    latest = rule.pop("latest")
    assert rule == {
        "rule": LOGS,
        "counts": "created_at",
        "keep_seconds": 730 * 86400,
        "then": "archive",
        "storage_classes": {},
    }
    assert (latest["run"], latest["status"], latest["segments_left"]) == ("20261120T030000Z", "completed", 0)
    assert (latest["cut_off"], latest["rows_archived"], latest["rows_deleted"]) == (clock.iso(CUT_OFF), 1, 1)


def test_runs_of_a_rule_are_listed_newest_first(api: httpx2.Client, operator: dict[str, str]) -> None:
    for day in range(3):
        run = runs.add(LOGS, f"2026112{day}T030000Z", CUT_OFF, segments=2)
    runs.mark_failed(run)
    first = api.get("/v1/operator/retention-runs", params={"rule": LOGS, "limit": 2}, headers=operator).json()
    assert [(run["run"], run["status"]) for run in first["items"]] == [
        ("20261122T030000Z", "failed"),
        ("20261121T030000Z", "running"),
    ]
    assert first["items"][0]["segments_left"] == 2
    query = {"rule": LOGS, "limit": 2, "cursor": first["next_cursor"]}
    rest = api.get("/v1/operator/retention-runs", params=query, headers=operator).json()
    assert [run["run"] for run in rest["items"]] == ["20261120T030000Z"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "status", "code"), [({"rule": "no/such"}, 404, "RuleNotFound"), ({}, 422, "InvalidInput")]
)
def test_an_unknown_rule_is_not_found(
    api: httpx2.Client, operator: dict[str, str], query: dict[str, str], status: int, code: str
) -> None:
    answer = api.get("/v1/operator/retention-runs", params=query, headers=operator)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_by_hand(sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
    log_of(CUT_OFF)
    sweep()
    runs.mark_failed(runs.add("shops/sessions", "20261121T030000Z", DUE, segments=4))
    capsys.readouterr()
    assert main(["retention-runs"]) == 0
    lines = dict(line.split("\t", 1) for line in capsys.readouterr().out.splitlines())
    assert list(lines) == listed_rules()
    assert lines[LOGS] == "20261120T030000Z\tcompleted\t1 archived\t1 deleted"
    assert lines["shops/sessions"] == "20261121T030000Z\tfailed, 4 of 4 segments left\t0 archived\t0 deleted"
    assert main(["retention-runs", "shops/sessions"]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == [
        "20261121T030000Z",
        "20261120T030000Z",
    ]
    assert main(["retention-runs", "no/such"]) == 1
    assert "This retention rule does not exist" in capsys.readouterr().err
