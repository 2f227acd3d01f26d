"""The owners' page."""

from __future__ import annotations

from chalicelib.integrations import storage
from chalicelib.kit import config
from chalicelib.kit.web import Document
from chalicelib.platform.pages.app import page
from chalicelib.platform.service import maintenance


def owner_page() -> Document:
    """Return the owners' page, which exchanges files with the images bucket."""
    return page.app_page(storage.origins(config.settings().images_bucket), maintenance.read_notice())
