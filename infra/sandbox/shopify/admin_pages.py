"""The shop's admin in a browser: the frame around an app, and App Bridge for the app's pages.

Source: https://shopify.dev/docs/api/app-home/apis/resource-picker.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from infra.sandbox.server import Json, Request, Response, Route, html_response, json_response

if TYPE_CHECKING:
    from infra.sandbox.shopify.sandbox import ShopifySandbox

ANYWHERE = {"Access-Control-Allow-Origin": "*"}
_FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{shop}</title><style>
html, body {{ margin: 0; height: 100% }}
body {{ display: flex; flex-direction: column; font: 14px/1.4 system-ui, sans-serif; background: #f1f1f1 }}
header {{ padding: .7rem 1rem; color: #e3e3e3; background: #1a1a1a; overflow-wrap: anywhere }}
h1 {{ margin: 0; font-size: 1rem }}
iframe {{ flex: 1; width: 100%; border: 0 }}
</style></head><body><header><h1>{shop}</h1></header><iframe title="{app}" src="{source}"></iframe></body></html>"""


class AdminPages:
    """Serves `/{shop}/admin/apps/{app}` and what App Bridge needs."""

    def __init__(self, sandbox: ShopifySandbox) -> None:
        self._sandbox = sandbox
        self.routes = [
            Route("GET", "/{shop}/admin/apps/{app}", self.frame),
            Route("GET", "/app-bridge.js", self.app_bridge),
            Route("GET", "/{shop}/admin/apps/{app}/session-token", self.session_token),
            Route("GET", "/{shop}/admin/products.json", self.products),
        ]

    def frame(self, _: Request, shop: str, app: str) -> Response:
        """Return an admin page that embeds the app in an iframe."""
        source = f"{self._sandbox.app_base_url}/{app}/app?{urlencode({'shop': shop, 'embedded': '1'})}"
        return html_response(200, _FRAME.format(shop=escape(shop), app=escape(app), source=escape(source)))

    def app_bridge(self, _: Request) -> Response:
        """Return the App Bridge script; it fetches a new one-minute session token for each call."""
        script = Path(__file__).with_name("app_bridge.js").read_text().replace("SANDBOX_URL", self._sandbox.url)
        return Response(200, script.encode(), {"Content-Type": "text/javascript; charset=utf-8"})

    def session_token(self, _: Request, shop: str, app: str) -> Response:
        """Return a session token for the embedded app."""
        token = self._sandbox.session_token(app, shop)
        return Response(200, token.encode(), {"Content-Type": "text/plain", **ANYWHERE})

    def products(self, _: Request, shop: str) -> Response:
        """Return the shop's products as App Bridge's resource picker selects them."""
        products = [_to_resource(product) for product in self._sandbox.list_products(shop)]
        response = json_response(200, {"products": products})
        return Response(response.status, response.body, {**response.headers, **ANYWHERE})


def _to_resource(product: Json) -> Json:
    variants = [
        {
            "id": variant["admin_graphql_api_id"],
            "title": variant["title"],
            "displayName": f"{product['title']} - {variant['title']}",
            "price": variant["price"],
            "product": {"id": product["admin_graphql_api_id"]},
        }
        for variant in product["variants"]
    ]
    return {
        "id": product["admin_graphql_api_id"],
        "title": product["title"],
        "handle": product["handle"],
        "images": [],
        "variants": variants,
    }
