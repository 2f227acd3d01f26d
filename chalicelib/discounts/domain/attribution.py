"""Attribution of orders to our discounts by code or title."""

from __future__ import annotations

from datetime import datetime

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


def is_at_shopify(until: datetime | None, published_at: datetime | None, moment: datetime) -> bool:
    """Return whether Shopify had a name of a discount at that time.

    Shopify has a former name, which ended at `until`, until it has the present ones, at `published_at`.
    """
    is_in_force = until is None or moment < until
    return is_in_force or published_at is None or moment < published_at
