"""Rows of the partners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.kit.pagination import PageRequest, PageResult, query_page
from chalicelib.kit.tables import get_many
from chalicelib.together.enums import PartnerKind
from chalicelib.together.models import Partner


def find(partner_id: str) -> Partner | None:
    """Return the partner, active or not, read consistently; None if there is none."""
    try:
        return Partner.get(partner_id, consistent_read=True)
    except Partner.DoesNotExist:
        return None


def find_by_ids(partner_ids: Iterable[str]) -> dict[str, Partner]:
    """Return those of the partners that exist, by id; one read for at most 100."""
    rows = get_many([(Partner, (partner_id,)) for partner_id in sorted(set(partner_ids))])
    return {row.id: row for row in rows if row is not None}


def list_by_city(city: str, kind: PartnerKind | None, page: PageRequest) -> PageResult[Partner]:
    """Return a page of the partners of a city, by kind; two reads."""
    condition: Any = None if kind is None else Partner.kind == kind
    keys = query_page(Partner.by_city.query(city, condition, limit=page.limit, last_evaluated_key=page.start))
    rows = get_many([(Partner, (key.id,)) for key in keys.items])
    return PageResult([row for row in rows if row is not None and row.city == city], keys.last_key)
