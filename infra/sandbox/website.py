"""A merchant's website of another origin, whose pages include the analytics snippet."""

from __future__ import annotations

from html import escape

from infra.sandbox.server import Request, Response, Route, SandboxServer, html_response

PAGE = """<!doctype html>
<html lang="en">
<title>{title}</title>
<h1>{title}</h1>
<script defer src="{snippet}" data-key="{key}"></script>
</html>"""
FRAME = """<!doctype html>
<html lang="en">
<title>Sandboxed page</title>
<iframe title="Page" sandbox="allow-scripts" src="/pages/framed"></iframe>
</html>"""


class WebsiteSandbox(SandboxServer):
    """Serves `/pages/<title>` with the snippet of the API at `api_url`, and `/sandboxed`, which frames a page.

    The framed page has an opaque origin (`null`), as pages in Shopify's pixel sandbox do.
    """

    def __init__(self, api_url: str, key: str, port: int = 0) -> None:
        self.snippet = f"{api_url}/analytics/snippet.js"
        self.key = key
        super().__init__(port, [Route("GET", "/pages/{title...}", self._page), Route("GET", "/sandboxed", self._frame)])

    def _page(self, _: Request, title: str) -> Response:
        return html_response(200, PAGE.format(title=escape(title), snippet=escape(self.snippet), key=escape(self.key)))

    def _frame(self, _: Request) -> Response:
        return html_response(200, FRAME)
