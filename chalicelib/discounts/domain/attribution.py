"""Attribution of orders to our discounts by code or title."""

from __future__ import annotations

from chalicelib.discounts.domain.names import code_name, title_name
from chalicelib.discounts.domain.order_lines import Application


def name_of(application: Application) -> str | None:
    """Return the key of an application's code, else of its title; None if it has neither.

    Our codes and titles are stored without spaces around them.
    """
    if code := (application.code or "").strip():
        return code_name(code)
    title = (application.title or "").strip()
    return title_name(title) if title else None
