"""Ask OSV for the advisories of packages: one call for all packages, then one for each advisory.

https://google.github.io/osv.dev/api/
"""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass
from itertools import chain
from typing import Any

from infra.audit.packages import Package

URL = "https://api.osv.dev"
SECONDS = 20
"""The timeout of one call."""


class AdvisoriesUnreachable(Exception):
    """No complete response: no network, a proxy, an outage, or a body that is not OSV's."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory. `names` are its id and its aliases; `fixed` are the versions of each package that fix it."""

    id: str
    names: frozenset[str]
    summary: str
    fixed: dict[str, list[str]]
    is_withdrawn: bool


def fetch_advisories(packages: Collection[Package], url: str = URL) -> dict[Package, list[Advisory]]:
    """Return the advisories of each package that has any. Raises AdvisoriesUnreachable if a response is incomplete."""
    try:
        found = _ids(list(packages), url)
        details = {name: _advisory(_call(f"{url}/v1/vulns/{name}")) for name in {*chain(*found.values())}}
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise AdvisoriesUnreachable(f"{url}: {error or type(error).__name__}") from error
    return {package: [details[name] for name in names] for package, names in found.items()}


def _ids(packages: list[Package], url: str) -> dict[Package, list[str]]:
    found: dict[Package, list[str]] = {}
    queries = [
        ({"package": {"name": each.name, "ecosystem": "PyPI"}, "version": each.version}, each) for each in packages
    ]
    while queries:
        results = _call(f"{url}/v1/querybatch", {"queries": [query for query, _ in queries]})["results"]
        rest = []
        for (query, package), result in zip(queries, results, strict=True):
            if result.get("vulns"):
                found.setdefault(package, []).extend(str(each["id"]) for each in result["vulns"])
            if token := result.get("next_page_token"):
                rest.append((query | {"page_token": token}, package))
        queries = rest
    return found


def _advisory(body: dict[str, Any]) -> Advisory:
    fixed: dict[str, list[str]] = {}
    for affected in body.get("affected", []):
        events = [event for each in affected.get("ranges", []) if each["type"] != "GIT" for event in each["events"]]
        versions = [str(event["fixed"]) for event in events if "fixed" in event]
        fixed.setdefault(affected.get("package", {}).get("name", ""), []).extend(versions)
    names = frozenset({str(body["id"]), *map(str, body.get("aliases", []))})
    summary = str(body.get("summary") or body.get("details") or "").partition("\n")[0]
    return Advisory(str(body["id"]), names, summary, fixed, "withdrawn" in body)


def _call(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return json.load(response)
