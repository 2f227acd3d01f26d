"""Fifty concurrent requests for three slots, by threads and processes, with killed workers: counters match the rows."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import IO, Any

import pytest

from chalicelib.kit import clock
from chalicelib.studio.models import Generation, GenerationStatus, Quota, Upload
from chalicelib.studio.service import generation_worker, stuck_generations
from chalicelib.studio.service.generations import START_LEASE
from infra.deploy import handlers
from infra.local import delivery
from infra.local.worker import HandlerFailed, Worker
from tests.studio.conftest import CUSTOMER, Gallery
from tests.timeouts import LIMIT

SLOTS = {"max_concurrent_generations": 3}
PLACES = {"max_concurrent_generations": 50, "monthly_generation_limit": 3}
LIMITS = pytest.mark.parametrize(("limits", "code"), [(SLOTS, "TooManyGenerations"), (PLACES, "QuotaExceeded")])


def set_limits(gallery: Gallery, limits: dict[str, int]) -> None:
    Quota(gallery.shop).update([getattr(Quota, name).set(value) for name, value in limits.items()])


def rows_of(gallery: Gallery) -> list[Generation]:
    keys = [row.id for row in Generation.by_shop.query(gallery.shop)]
    return [Generation.get(key, consistent_read=True) for key in keys]


def assert_counters_equal_rows(gallery: Gallery) -> None:
    """Assert that the counters of the quota match the rows and the bucket."""
    rows, quota = rows_of(gallery), Quota.get(gallery.shop, consistent_read=True)
    live = [row for row in rows if row.status is not GenerationStatus.FAILED]
    assert quota.current_generations == quota.total_generations == len(live)
    assert set(quota.leases) == {row.id for row in rows if row.open_work}
    stored_bytes = sum(row.byte_count or 0 for row in rows)
    stored_bytes += sum(upload.byte_count or 0 for upload in Upload.scan() if upload.shop_id == gallery.shop)
    assert quota.current_storage_mb * 1_000_000 == Decimal(stored_bytes)


@LIMITS
def test_fifty_threads_do_not_exceed_the_quota(gallery: Gallery, limits: dict[str, int], code: str) -> None:
    upload = gallery.accepted_upload()
    set_limits(gallery, limits)
    with ThreadPoolExecutor(50) as pool:
        responses = list(
            pool.map(lambda _: gallery.shopper("POST", "generations", gallery.preview_request(upload)), range(50))
        )
    assert sorted(response.status_code for response in responses) == [202] * 3 + [429] * 47
    assert {response.json()["code"] for response in responses if response.status_code == 429} == {code}
    assert_counters_equal_rows(gallery)
    assert gallery.drain() == []
    assert_counters_equal_rows(gallery)


@LIMITS
def test_five_processes_with_one_killed_do_not_exceed_the_quota(
    gallery: Gallery, limits: dict[str, int], code: str
) -> None:
    """The killed process may have reserved without publishing: the schedule queues its preview."""
    body = json.dumps(gallery.preview_request(gallery.accepted_upload()))
    set_limits(gallery, limits)
    customer = f"gid://shopify/Customer/{CUSTOMER}"
    command = [sys.executable, "-m", "tests.studio.scenarios.concurrent_requests", gallery.shop, customer, body, "10"]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(5)]
    try:
        for process in processes:
            assert _stdout(process).readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        _stdout(processes[0]).readline()
        processes[0].kill()
        outcomes = [line for process in processes[1:] for line in process.communicate(timeout=LIMIT)[0].split()]
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert set(outcomes) <= {"reserved", code}
    assert outcomes.count("reserved") <= 3
    assert len(rows_of(gallery)) == 3
    assert_counters_equal_rows(gallery)
    stuck_generations.recover_generations(clock.now() + START_LEASE + timedelta(seconds=1))
    assert gallery.drain() == []
    assert {row.status for row in rows_of(gallery)} == {GenerationStatus.COMPLETED}
    assert_counters_equal_rows(gallery)


def _stdout(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


@pytest.mark.parametrize("seed", range(2))
def test_workers_killed_at_random_keep_the_counters_correct(gallery: Gallery, seed: int) -> None:
    """Each preview goes to a worker that may be killed before, during or after its work; none is lost or duplicated."""
    chance = random.Random(seed)
    upload = gallery.accepted_upload()
    set_limits(gallery, {"max_concurrent_generations": 6})
    for _ in range(6):
        assert gallery.shopper("POST", "generations", gallery.preview_request(upload)).status_code == 202
    generate = next(consumer for consumer in handlers.consumers() if consumer.name == "studio-generate_preview")
    worker = Worker(replace(generate, timeout=LIMIT))
    try:
        while batch := delivery.receive(generate):
            event = delivery.event_of(generate, batch)
            fate = chance.choice(["lost", "killed", "made", "made twice"])
            if fate == "killed":
                _kill_during_invocation(worker, event)
            for _ in range({"made": 1, "made twice": 2}.get(fate, 0)):
                handlers.chalice_app().handler_map[generate.name](event, None)
    finally:
        worker.stop()
    assert_counters_equal_rows(gallery)
    for number in range(1, 4):
        stuck_generations.recover_generations(
            clock.now() + number * (START_LEASE + generation_worker.WORKER_LEASE + timedelta(seconds=1))
        )
        assert gallery.drain() == []
    assert {row.status for row in rows_of(gallery)} == {GenerationStatus.COMPLETED}
    assert_counters_equal_rows(gallery)


def _kill_during_invocation(worker: Worker, event: dict[str, Any]) -> None:
    """Invoke the worker with the message, and kill it after it has leased the generation."""
    generation = json.loads(event["Records"][0]["body"])["generation_id"]
    with ThreadPoolExecutor(1) as caller:
        future = caller.submit(worker.invoke, event)
        while not future.done():
            if Generation.get(generation, consistent_read=True).status is not GenerationStatus.PENDING:
                break
        if worker.pid is not None:
            os.kill(worker.pid, signal.SIGKILL)
        with suppress(HandlerFailed):  # the worker may have finished first
            future.result(timeout=LIMIT)
    worker.stop()
