"""`python -m infra.audit` against a server with OSV's API."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from infra.audit.packages import read_locked_packages
from infra.deploy.handlers import ROOT


@dataclass
class Database:
    """Advisories by package name. `page_size` advisories are on a page; `queried` are the versions it was asked for."""

    url: str = ""
    page_size: int = 1000
    advisories: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    queried: dict[str, str] = field(default_factory=dict)

    def batch(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"results": [self._page(query) for query in body["queries"]]}

    def _page(self, query: dict[str, Any]) -> dict[str, Any]:
        assert query["package"]["ecosystem"] == "PyPI"
        name, first = query["package"]["name"], int(query.get("page_token", 0))
        self.queried[name] = query["version"]
        found, end = self.advisories.get(name, []), first + self.page_size
        page: dict[str, Any] = {"vulns": [{"id": each["id"]} for each in found[first:end]]} if found else {}
        return page | ({"next_page_token": str(end)} if end < len(found) else {})

    def detail(self, name: str) -> dict[str, Any]:
        return next(each for every in self.advisories.values() for each in every if each["id"] == name)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(database.batch(body))

        def do_GET(self) -> None:
            self._answer(database.detail(self.path.rpartition("/")[2]))

        def _answer(self, body: dict[str, Any]) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    database.url = f"http://127.0.0.1:{server.server_port}"
    yield database
    server.shutdown()
    server.server_close()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.audit", "--url", url]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def advisory(name: str, package: str) -> dict[str, Any]:
    events = [{"introduced": "0"}, {"fixed": "999.1"}]
    ranges = [{"type": "ECOSYSTEM", "events": events}, {"type": "GIT", "events": [{"fixed": "c0ffee"}]}]
    return {"id": name, "summary": "Reads too far", "affected": [{"package": {"name": package}, "ranges": ranges}]}


def test_an_advisory_of_a_shipped_package_fails(database: Database) -> None:
    database.advisories = {"pillow": [advisory("GHSA-1", "pillow")], "pytest": [advisory("GHSA-2", "pytest")]}
    result = audit(database.url)

    assert result.returncode == 1, result.stderr
    shipped, tool, total = result.stdout.splitlines()
    assert shipped == f"shipped: pillow {database.queried['pillow']}: GHSA-1: Reads too far (fixed in 999.1)"
    assert tool == f"tool: pytest {database.queried['pytest']}: GHSA-2: Reads too far (fixed in 999.1)"
    assert total == f"audit: {len(read_locked_packages(ROOT))} packages checked, 2 known advisories"


def test_an_advisory_of_a_tool_is_reported_and_does_not_fail(database: Database) -> None:
    database.advisories = {"pytest": [advisory("GHSA-2", "pytest")]}
    result = audit(database.url)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("tool: pytest ")


def test_every_page_of_a_package_is_read(database: Database) -> None:
    database.page_size = 2
    database.advisories = {"pillow": [advisory(f"GHSA-{number}", "pillow") for number in range(5)]}

    assert audit(database.url).stdout.endswith("5 known advisories\n")


def test_no_advisories_are_one_line(database: Database) -> None:
    result = audit(database.url)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"audit: {len(read_locked_packages(ROOT))} packages checked, 0 known advisories\n"
    assert {package.name for package in read_locked_packages(ROOT)} == set(database.queried)


@pytest.mark.parametrize("body", ["refused", "[]", "{}", '{"results": []}', "<html>", '{"results": "proxy"}'])
def test_advisories_that_cannot_be_reached_are_one_line_and_do_not_fail(
    database: Database, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:1"
    if body != "refused":
        url = database.url
        answer: Any = json.loads(body) if body != "<html>" else body
        monkeypatch.setattr(database, "batch", lambda _: answer)
    result = audit(url)

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("\n") == 1
    assert "packages not checked, advisories cannot be reached" in result.stdout
