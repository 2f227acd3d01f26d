"""Every link that we make, under each form of the API's address: with the path of a stage, a custom domain, on this machine."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2
import pytest
from chalice.local import LocalDevServer

from chalicelib.kit import config
from chalicelib.kit.http import cookies
from chalicelib.kit.route_table import find_route
from chalicelib.together.domain.preferences import MAIL_KINDS
from chalicelib.together.service import mail_subscriptions
from infra.deploy import handlers
from infra.local import server
from infra.sandbox.shopify import ShopifySandbox

ROOT = Path(__file__).resolve().parents[1]
FORMS = {
    "execute-api": "https://abc.execute-api.eu-central-1.amazonaws.com/api",
    "domain": "https://api.example.com",
    "local": "http://127.0.0.1:8000",
}
PAGES = ("/docs", "/together/app", "/platform/app", "/operator/app", "/analytics/app")


class StageHandler(server.RequestHandler):
    """Serves the app below the path of a stage, and nothing beside it, as API Gateway does."""

    prefix = ""

    path: str

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if not self.path.startswith(f"{self.prefix}/"):
            self.send_error(403)
            return False
        self.path = self.path.removeprefix(self.prefix)
        return True


@dataclass(frozen=True)
class Site:
    """The API under an address of one form; requests to it go to a server on this machine."""

    base: str
    port: int

    def request(self, method: str, url: str, **options: Any) -> httpx2.Response:
        """Send a request to a URL, which must be one of this address."""
        assert f"{url}/".startswith(f"{self.base}/"), url
        split = urlsplit(url)
        query = f"?{split.query}" if split.query else ""
        return httpx2.request(method, f"http://127.0.0.1:{self.port}{split.path}{query}", **options)

    def serves(self, url: str, method: str = "GET") -> bool:
        """Whether a route of the app answers at the URL, be it with a problem about the request."""
        return self.request(method, url).status_code not in (403, 404, 405)


@pytest.fixture(params=FORMS)
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    base = FORMS[request.param]
    handler = type("Handler", (StageHandler,), {"prefix": urlsplit(base).path})
    monkeypatch.setattr(server, "RequestHandler", handler)
    running: LocalDevServer = server.create(handlers.chalice_app(), "127.0.0.1", 0)
    thread = threading.Thread(target=running.server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("PUBLIC_URL", base)
    config.forget_settings()
    yield Site(base, running.server.server_port)
    running.shutdown()
    running.server.server_close()
    monkeypatch.undo()
    config.forget_settings()


def test_an_installation_returns_to_the_address_with_its_cookie(site: Site, shopify: ShopifySandbox) -> None:
    shop = "address.myshopify.com"
    answer = site.request("GET", f"{site.base}/shopify/studio/auth?shop={shop}")
    [callback] = parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"]
    assert callback == f"{site.base}/shopify/studio/auth/callback"
    assert site.serves(callback)
    assert _is_sent(answer.headers["set-cookie"], callback)


def test_a_cookie_of_a_session_is_sent_to_its_routes_alone(site: Site) -> None:
    header = cookies.set_cookie("token", "abc", "/v1/platform/sessions", timedelta(days=1))
    assert _is_sent(header, f"{site.base}/v1/platform/sessions/refresh")
    assert not _is_sent(header, f"{site.base}/v1/platform/stores")
    assert site.serves(f"{site.base}/v1/platform/sessions/refresh", "POST")


def _is_sent(header: str, url: str) -> bool:
    """Whether a browser that got the cookie from this address sends it to the URL (RFC 6265, 5.1.4)."""
    path = dict(part.partition("=")[::2] for part in header.split("; "))["Path"]
    return f"{urlsplit(url).path}/".startswith(f"{path}/")


def test_the_link_of_an_e_mail_unsubscribes(site: Site) -> None:
    url = mail_subscriptions.unsubscribe_url("nobody", next(iter(MAIL_KINDS)))
    page = site.request("GET", url)
    assert page.status_code == 200
    [action] = re.findall(r'<form method="post" action="([^"]+)"', page.text)
    assert urljoin(url, action) == url
    assert site.request("POST", urljoin(url, action)).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/together/unsubscribe?token=none"])
def test_what_a_page_refers_to_is_served(site: Site, path: str) -> None:
    """By references that are relative to the page: an absolute path would leave the stage."""
    url = f"{site.base}{path}"
    page = site.request("GET", url)
    assert page.headers["content-type"].startswith("text/html")
    links = [link for link in re.findall(r'\s(?:href|src|action)="([^"#]+)', page.text) if "${" not in link]
    for link in links:
        if urlsplit(link).scheme != "data":
            assert site.serves(urljoin(url, link)), link
    for base in re.findall(r'"((?:\.\./)+[a-z0-9/]+/)"', page.text):
        path_of_api = urlsplit(urljoin(url, base)).path.removeprefix(urlsplit(site.base).path)
        assert any(route.startswith(path_of_api) for route in handlers.chalice_app().routes), base


def test_the_page_of_analytics_names_the_address_of_its_snippet(site: Site) -> None:
    text = site.request("GET", f"{site.base}/analytics/app").text
    assert f"{site.base}/analytics/snippet.js" in text
    assert site.serves(f"{site.base}/analytics/snippet.js")


def test_the_api_document_names_the_address_as_its_server(site: Site) -> None:
    [server] = site.request("GET", f"{site.base}/openapi.json").json()["servers"]
    assert server == {"url": site.base}
    assert site.serves(f"{server['url']}/health")


def test_a_request_beside_the_stage_reaches_nothing(site: Site) -> None:
    """The check of this test's own server: without it the tests above would pass for absolute paths."""
    status = httpx2.get(f"http://127.0.0.1:{site.port}/health").status_code
    assert status == (403 if site.base.endswith("/api") else 200)


def links_in_code() -> Iterator[tuple[str, str]]:
    """Yield where a text begins with the public URL, and the path behind it with `{}` for each value."""
    for file in sorted((ROOT / "chalicelib").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.JoinedStr) and _is_public_url(node.values[0]):
                place = f"{file.relative_to(ROOT)}:{node.lineno}"
                yield (
                    place,
                    "".join(str(value.value) if isinstance(value, ast.Constant) else "{}" for value in node.values[1:]),
                )


def _is_public_url(part: ast.expr) -> bool:
    value = part.value if isinstance(part, ast.FormattedValue) else None
    return isinstance(value, ast.Attribute) and value.attr == "public_url"


def test_every_path_that_the_code_puts_behind_the_address_is_a_route() -> None:
    routes = handlers.chalice_app().routes
    found = {place: path for place, path in links_in_code() if path != "{}"}
    assert len(found) >= 8
    paths = {place: re.split(r"[?#]", path)[0] for place, path in found.items()}
    assert [place for place, path in paths.items() if "{}?" not in found[place] and not find_route(routes, path)] == []


def test_no_markup_of_a_page_has_an_absolute_path() -> None:
    """But the front door, which is served on this machine only."""
    absolute = re.compile(r'\b(?:href|src|action)\s*[=:]\s*f?["\'`]/(?!/)')
    kinds = (".py", ".html", ".js")
    files = [file for file in (ROOT / "chalicelib").rglob("*") if file.suffix in kinds and file.stem != "front_door"]
    assert [str(file) for file in files if absolute.search(file.read_text())] == []
