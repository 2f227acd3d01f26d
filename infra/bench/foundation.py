"""The foundation's rows: cold start, first touch of the tables, overhead of a route."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection
from typing import Any

from infra.bench.runs import ROOT, Subject, SubjectFailed, interleaved
from infra.bench.table import Row
from infra.local import server

SUBJECTS = ROOT / "infra" / "bench" / "subjects"
BUILD = ROOT / "build" / "bench"


def _python(file: str, *arguments: str) -> list[str]:
    return [sys.executable, str(SUBJECTS / file), *arguments]


def cold_start(rounds: int) -> Row:
    """The packaged bundle against Chalice and botocore alone on the same trimmed, compiled libraries.

    Ours verifies a token and answers through schemas; the floor reads one row and answers.
    """
    from chalicelib.kit import auth, ids

    site, floor = BUILD / "site", BUILD / "floor"
    clean = {name: value for name, value in os.environ.items() if name not in ("STAGE", "AWS_ENDPOINT_URL")}
    packaged = [sys.executable, "-m", "infra.packaging", "package", "--stage", "dev", "--out", str(BUILD / "package")]
    done = subprocess.run(packaged, cwd=ROOT, env=clean, capture_output=True, text=True)
    if done.returncode:
        raise SubjectFailed(done.stderr[-1500:])
    for folder in (site, floor):
        shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(BUILD / "package" / "deployment.zip") as bundle:
            bundle.extractall(folder)
    for file in floor.glob("app.*"):
        file.unlink()
    shutil.rmtree(floor / "__pycache__", ignore_errors=True)
    shutil.copy(SUBJECTS / "floor_app.py", floor / "app.py")
    token = auth.mint(auth.Role.MEMBER, ids.new(), timedelta(hours=1))
    subjects = [
        Subject(name, [sys.executable, "-I", "-S", str(SUBJECTS / "start.py"), str(folder), route, token], whole=True)
        for name, folder, route in (("ours", site, "/v1/billing/subscription"), ("floor", floor, "/read"))
    ]
    figures = interleaved(subjects, rounds)
    ours, peer = figures["ours"].median, figures["floor"].median
    return Row(
        "cold start to the first read",
        f"{ours * 1000:.0f} ms",
        f"chalice+botocore {peer * 1000:.0f} ms",
        ours / peer,
        1.7,
    )


def first_touch(rounds: int) -> Row:
    """One count on each of eight tables, in a fresh process."""
    subjects = [Subject("ours", _python("tables_ours.py")), Subject("stock", _python("tables_stock.py"))]
    figures = interleaved(subjects, rounds)
    ours, peer = figures["ours"].median, figures["stock"].median
    return Row(
        "first touch of 8 tables", f"{ours * 1000:.0f} ms", f"stock pynamodb {peer * 1000:.0f} ms", ours / peer, 0.15
    )


def route_overhead(rounds: int) -> list[Row]:
    """An @endpoint that answers a schema against a bare Chalice route that answers a dict.

    Over HTTP, as a caller sees it, each on Chalice's local server; and by the Lambda event alone, as it is billed.
    """
    from chalice.app import Chalice

    from infra import handlers

    bare = Chalice(app_name="bare")

    @bare.route("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    apps = {"ours": handlers.chalice_app(), "bare": bare}
    with ExitStack() as stack:
        connections = {name: stack.enter_context(_served(app)) for name, app in apps.items()}
        calls: list[tuple[str, float | None, dict[str, Callable[[], object]]]] = [
            ("a route over HTTP", 1.3, {name: partial(_get, connection) for name, connection in connections.items()}),
            ("a route by its event", None, {name: partial(app, _event("/health"), None) for name, app in apps.items()}),
        ]
        rows = []
        for what, budget, subjects in calls:
            ours, peer = _medians(subjects, rounds)
            told = f"bare Chalice route {peer * 1e6:.0f} us"
            rows.append(Row(what, f"{ours * 1e6:.0f} us", told, ours / peer, budget))
    return rows


def _medians(subjects: dict[str, Callable[[], object]], rounds: int) -> tuple[float, float]:
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds + 1):
        for name, call in subjects.items():
            begun = time.perf_counter()
            for _ in range(500):
                call()
            times[name].append((time.perf_counter() - begun) / 500)
    return statistics.median(times["ours"][1:]), statistics.median(times["bare"][1:])


@contextmanager
def _served(app: Any) -> Iterator[HTTPConnection]:
    running = server.create(app, "127.0.0.1", 0)
    threading.Thread(target=running.server.serve_forever, daemon=True).start()
    connection = HTTPConnection("127.0.0.1", running.server.server_port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield connection
    connection.close()
    running.shutdown()
    running.server.server_close()


def _get(connection: HTTPConnection) -> bytes:
    connection.request("GET", "/health")
    return connection.getresponse().read()


def _event(path: str) -> dict[str, Any]:
    return {
        "requestContext": {"resourcePath": path, "httpMethod": "GET", "requestId": "bench"},
        "headers": {},
        "multiValueQueryStringParameters": None,
        "pathParameters": {},
        "body": None,
        "isBase64Encoded": False,
        "stageVariables": None,
    }


def bundle_size() -> Row:
    """The core's zip, in MB."""
    size = (BUILD / "package" / "deployment.zip").stat().st_size / 1e6
    return Row("the bundle", f"{size:.1f} MB", "", size, 25, "MB")
