"""Erasure and export by command: the command waits for the worker."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import zipfile
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.kit import clock
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.retention.models import PrivacyRequest, PrivacyStatus
from chalicelib.retention.service import privacy_requests
from tests.infra.ops.conftest import Ops, Start
from tests.retention.conftest import nothing_in_progress
from tests.retention.factories import items, seed_owner, traces

__all__ = ["nothing_in_progress"]

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[dict[str, Any]]]


def run_worker_until_exit(process: subprocess.Popen[str], drain: Drain) -> tuple[str, str]:
    """Handle messages until the command exits; return its output."""
    while process.poll() is None:
        assert drain() == []
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out, err


def test_erase_waits_and_reports(start: Start, drain: Drain) -> None:
    seed_owner("mark-member1", OwnerType.MEMBER)
    out, _ = run_worker_until_exit(start("erase", "member:mark-member1-id", "--yes"), drain)
    body = json.loads(out)
    assert (body["status"], body["subject"]) == ("completed", pseudonym("member:mark-member1-id"))
    assert body["report"]["erased"]["billing/customers"] == 1
    assert list(traces("mark-member1")) == []


def test_erase_requires_confirmation(ops: Ops) -> None:
    seed_owner("mark-member1", OwnerType.MEMBER)
    before = items()
    result = ops("erase", "member:mark-member1-id")
    assert (result.code, result.out) == (1, "")
    assert "--yes" in result.err
    assert items() == before


def test_export_prints_a_download_link(start: Start, drain: Drain) -> None:
    seed_owner("mark-store1", OwnerType.STORE)
    out, err = run_worker_until_exit(start("export", "store:mark-store1-id"), drain)
    assert "anyone who has it can download the export" in err
    result = zipfile.ZipFile(io.BytesIO(httpx2.get(out.strip()).content))
    assert json.loads(result.read("tables/billing/customers.json"))[0]["owner_id"] == "mark-store1-id"


def test_a_stopped_command_leaves_the_request_to_the_worker(start: Start, ops: Ops, drain: Drain) -> None:
    seed_owner("mark-member1", OwnerType.MEMBER)
    process = start("erase", "member:mark-member1-id", "--yes")
    while not (result := list(PrivacyRequest.scan())):
        assert process.poll() is None, process.communicate()
    [request] = result
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    if "privacy-requests" in err:  # otherwise it was stopped before it waited
        assert request.id in err
    [line] = ops("privacy-requests").out.splitlines()
    assert line.split("\t")[0] == request.id
    privacy_requests.redispatch_open_requests(
        clock.now()
    )  # as the schedule does: the command may have crashed before it published
    assert drain() == []
    assert ops("privacy-requests").out == ""
    assert request.id in ops("privacy-requests", "--status", "completed").out
    assert json.loads(ops("privacy-requests", request.id).out)["status"] == PrivacyStatus.COMPLETED


def test_an_invalid_subject_is_refused(ops: Ops) -> None:
    result = ops("export", "somebody")
    assert result.code == 1
    assert "Expected shop:<domain>" in result.err
