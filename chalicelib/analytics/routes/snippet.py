"""`/analytics/snippet.js`: the script that a site's pages include. It is the same for every site."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from chalice.app import Blueprint, Response

from chalicelib.kit.http import ApiRequest, endpoint

bp = Blueprint(__name__)

CACHE_SECONDS = 3600


@bp.route("/analytics/snippet.js", methods=["GET"])
@endpoint(bp, any_origin=True, media_type="text/javascript")
def get_snippet(call: ApiRequest) -> Response:
    """Return the script that sends page views and events of a page, without cookies or storage."""
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": f"public, max-age={CACHE_SECONDS}",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(_script(), headers)


@cache
def _script() -> str:
    return (Path(__file__).parents[1] / "pages" / "snippet.js").read_text(encoding="utf-8")
