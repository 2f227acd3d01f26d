"""`/together/app`: the members' page and the files beside it."""

from __future__ import annotations

import json
import re
from urllib.parse import urljoin

import httpx2

MOST_BYTES = 150_000
PARTS = ("app", "worker.js", "manifest.json", "icon.svg")


def test_the_page_and_its_files_are_small(api: httpx2.Client) -> None:
    sizes = {name: len(api.get(f"/together/{name}").raise_for_status().content) for name in PARTS}
    assert sum(sizes.values()) <= MOST_BYTES, sizes


def test_the_page_allows_its_own_parts_only(api: httpx2.Client) -> None:
    headers = api.get("/together/app").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    for name in ("connect-src", "worker-src", "manifest-src", "img-src"):
        assert policy[name] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert re.fullmatch(r"'sha256-[^' ]+'", policy["script-src"])
    assert headers["cache-control"] == "no-store"


def test_the_page_loads_nothing_from_elsewhere(api: httpx2.Client) -> None:
    html = api.get("/together/app").text
    assert set(re.findall(r"https?://[^\s\"'`]+", html)) <= {"http://www.w3.org/2000/svg"}


def test_the_manifest_makes_the_page_installable(api: httpx2.Client) -> None:
    response = api.get("/together/manifest.json")
    assert response.headers["content-type"] == "application/manifest+json"
    manifest = json.loads(response.text)
    address = "/together/manifest.json"
    assert urljoin(address, manifest["start_url"]) == "/together/app"
    assert urljoin(address, manifest["scope"]) == "/together/"
    assert (manifest["display"], manifest["name"]) == ("standalone", "Together")
    for icon in manifest["icons"]:
        assert api.get(urljoin(address, icon["src"])).headers["content-type"] == icon["type"]


def test_the_service_worker_is_checked_for_a_new_version_each_time(api: httpx2.Client) -> None:
    response = api.get("/together/worker.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "no-cache"


def test_another_file_is_not_found(api: httpx2.Client) -> None:
    for name in ("page.py", "session.js", "..%2Fapp", "constructor"):
        assert api.get(f"/together/{name}").status_code == 404
