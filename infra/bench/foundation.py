"""Benchmark rows of the foundation: cold start, first table access, route overhead, bundle size."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache, partial
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench.runs import ROOT, SUBJECTS, Figures, Subject, SubjectFailed, in_turn, interleaved
from infra.bench.table import Row


@cache
def _scratch() -> TemporaryDirectory[str]:
    """Return a temporary directory of this process, so concurrent benchmarks do not conflict."""
    return TemporaryDirectory(prefix="backroom-bench-")


BUNDLE = "BENCH_BUNDLE"
"""The environment variable with the path of a packaged zip to measure; without it, one is built."""


@cache
def _bundle() -> Path:
    """Return the packaged zip, compiled and trimmed as for a deployment. Raises SubjectFailed if packaging fails."""
    if given := os.environ.get(BUNDLE):
        return Path(given)
    out = Path(_scratch().name) / "package"
    clean = {name: value for name, value in os.environ.items() if name not in ("STAGE", "AWS_ENDPOINT_URL")}
    packaged = [sys.executable, "-m", "infra.deploy.packaging", "package", "--stage", "dev", "--out", str(out)]
    done = subprocess.run(packaged, cwd=ROOT, env=clean, capture_output=True, text=True)
    if done.returncode:
        raise SubjectFailed(f"package: {done.stderr[-1500:]}")
    return out / "deployment.zip"


def cold_start(rounds: int) -> list[Row]:
    """Compare the packaged bundle with Chalice and botocore alone, on the same trimmed, compiled libraries.

    Ours verifies a token, queries its tables and validates its response; the floor only reads one row.
    """
    from chalicelib.kit import ids

    return [cold_row("cold start until first read", "/v1/billing/subscription", ids.new(), rounds)]


def cold_row(what: str, route: str, member_id: str, rounds: int) -> Row:
    """Measure the start of the packaged bundle until its answer to a member's GET, against the floor."""
    from chalicelib.kit import auth

    token = auth.mint(auth.Role.MEMBER, member_id, timedelta(hours=1))
    ours, peer = start_times([route, token], rounds)
    return Row(what, str(ours), f"chalice+botocore {peer}", ours.beside(peer), 1.5)


def start_times(request: Sequence[str], rounds: int, layer: str | None = None) -> tuple[Figures, Figures]:
    """Measure the time from the start of the bundle, and of the floor, to the answer. Adds `layer` to the bundle.

    `request` is the route, the token and, if the route ends with `{proxy+}`, the rest of the path.
    """
    site, floor = (Path(_scratch().name) / name for name in ("site", "floor"))
    for folder in (site, floor):
        _unpack(_bundle(), folder)
    sites = [str(site)]
    if layer is not None:
        from infra.deploy.packaging.package import layer_file

        _unpack(_bundle().with_name(layer_file(layer)), site.with_name(layer))
        sites += [str(site.with_name(layer) / "python"), str(_key_file_packages())]
    shutil.copy(SUBJECTS / "floor_app.py", floor / "app.py")
    compiled = [sys.executable, "-I", "-m", "compileall", "-qf", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*compiled, str(floor / "app.py")], check=True)
    programs = {"ours": [os.pathsep.join(sites), *request], "floor": [str(floor), "/read", request[1]]}
    figures = interleaved(
        [
            Subject(name, [sys.executable, "-I", "-S", SUBJECTS / "start.py", *arguments], whole=True)
            for name, arguments in programs.items()
        ],
        rounds if rounds == 1 else rounds * 4,
    )
    return figures["ours"], figures["floor"]


def _key_file_packages() -> Path:
    """Return a folder with the packages that decrypt by the local key file; in an account KMS decrypts."""
    import cryptography

    installed = Path(cryptography.__file__).parents[1]
    folder = Path(_scratch().name) / "key_file"
    folder.mkdir(exist_ok=True)
    for package in [installed / "cryptography", installed / "cffi", *installed.glob("_cffi_backend*")]:
        (folder / package.name).symlink_to(package)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as bundle:
        bundle.extractall(folder)


def first_touch(rounds: int) -> list[Row]:
    """Measure one count query on each of eight tables, in a new process."""
    files = {"ours": "tables_ours.py", "stock": "tables_stock.py"}
    figures = interleaved([Subject(name, [sys.executable, SUBJECTS / file]) for name, file in files.items()], rounds)
    ours, peer = figures["ours"], figures["stock"]
    return [Row("first access to 8 tables", str(ours), f"stock pynamodb {peer}", ours.beside(peer), 0.15)]


def route_overhead(rounds: int) -> list[Row]:
    """Compare an @endpoint that returns a schema with a bare Chalice route that returns a dict.

    Measure both over HTTP on Chalice's local server, and by calling the app with a Lambda event. The latter is the
    harder comparison and has no budget.
    """
    from chalice.app import Chalice

    from infra.deploy import handlers

    bare = Chalice(app_name="bare")

    @bare.route("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    apps = {"ours": handlers.chalice_app(), "bare": bare}
    with ExitStack() as stack:
        connections = {name: stack.enter_context(_served(app)) for name, app in apps.items()}
        calls: list[tuple[str, float | None, dict[str, Callable[[], object]]]] = [
            ("request over HTTP", 1.3, {name: partial(_get, connection) for name, connection in connections.items()}),
            (
                "request by Lambda event",
                None,
                {name: partial(app, _event("/health"), None) for name, app in apps.items()},
            ),
        ]
        rows = []
        for what, budget, subjects in calls:
            times, turns = (5, 1) if rounds == 1 else (300, rounds * 2)
            figures = in_turn({name: partial(_per_call, call, times) for name, call in subjects.items()}, turns)
            ours, peer = figures["ours"], figures["bare"]
            rows.append(Row(what, str(ours), f"bare Chalice route {peer}", ours.beside(peer), budget))
    return rows


def _per_call(call: Callable[[], object], times: int) -> tuple[float, float]:
    begun = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - begun) / times, 0.0


@contextmanager
def _served(app: Any) -> Iterator[HTTPConnection]:
    from infra.local import server  # it reads the settings, which need the engine's endpoint

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


def bundle_size(_rounds: int) -> list[Row]:
    """Measure the size of the bundle's zip, in MB."""
    size = _bundle().stat().st_size / 1e6
    return [Row("zipped bundle", "", "", size, 25, "MB")]
