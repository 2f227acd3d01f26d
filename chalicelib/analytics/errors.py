"""Errors of analytics. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import NotFound


class SiteNotFound(NotFound):
    title = "Site not found"
