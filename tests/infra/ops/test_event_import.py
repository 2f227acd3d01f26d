"""The command `import-events`."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.analytics.schemas.sites import SiteCreate
from chalicelib.analytics.service import site_cache, sites
from chalicelib.kit import clock, locks
from infra.ops.event_import import LOCK, PAGE_LINES
from tests.analytics.collection_factories import event, queued_events
from tests.infra.ops.conftest import Ops, Start, wait_for_first_page

TENANT = "store:1"


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    site_cache.forget()
    sites.create_site(SiteCreate(tenant=TENANT, name="A"), None)
    yield
    site_cache.forget()


def file_of(folder: Path, *lines: Any) -> str:
    path = folder / "events.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return str(path)


def imported_ids() -> list[str]:
    return [each.id for message in queued_events() for each in message.events]


def test_file_is_imported_with_the_rights_of_a_server(ops: Ops, tmp_path: Path) -> None:
    sent = event(type="system", user_id="u1", value="1.5", version=2)
    result = ops("import-events", file_of(tmp_path, sent, ""), "--tenant", TENANT)
    assert (result.code, result.out) == (0, "")
    assert "1 events imported, 0 lines refused" in result.err
    [message] = queued_events()
    [collected] = message.events
    assert (collected.id, collected.source, collected.user_id, collected.version) == (sent["id"], "server", "u1", 2)


def test_refused_lines_are_reported_by_number_and_the_others_are_imported(ops: Ops, tmp_path: Path) -> None:
    lines = [event(), "{", "NaN", "[1]", event(type="payment"), event(at="2019-01-01T00:00:00Z"), event()]
    result = ops("import-events", file_of(tmp_path, *lines), "--tenant", TENANT)
    assert result.code == 1
    refused = dict(line.split("\t") for line in result.out.splitlines())
    assert list(refused) == ["2", "3", "4", "5", "6"]
    assert (refused["2"], refused["3"], refused["6"]) == ("invalid_json", "invalid_json", "too_old")
    assert len(imported_ids()) == 2


def test_equal_lines_without_an_id_are_one_event(ops: Ops, tmp_path: Path) -> None:
    line = {"type": "user_action", "name": "a", "at": clock.iso(clock.now())}
    for _ in range(2):
        assert ops("import-events", file_of(tmp_path, line, line), "--tenant", TENANT).code == 0
    assert len(set(imported_ids())) == 1


def test_import_is_refused_without_a_site_or_a_file(ops: Ops, tmp_path: Path) -> None:
    assert "Site not found" in ops("import-events", file_of(tmp_path, event()), "--tenant", "store:2").err
    assert "there is no file" in ops("import-events", str(tmp_path / "none"), "--tenant", TENANT).err


def test_stopped_import_resumes_at_its_checkpoint(ops: Ops, start: Start, tmp_path: Path) -> None:
    sent = [event() for _ in range(2 * PAGE_LINES + 10)]
    path = file_of(tmp_path, *sent)
    process = start("import-events", path, "--tenant", TENANT, pauses="SendMessageBatch 2")
    wait_for_first_page(process, LOCK)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 143, err
    assert "The same command resumes from here" in err
    assert json.loads(locks.watermark(LOCK) or "")["counts"]["lines"] == PAGE_LINES
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps(event()))
    assert "was stopped" in ops("import-events", str(other), "--tenant", TENANT).err
    result = ops("import-events", path, "--tenant", TENANT)
    assert result.code == 0
    assert f"Resuming after {PAGE_LINES:,} lines" in result.err
    assert sorted(imported_ids()) == sorted(each["id"] for each in sent)
