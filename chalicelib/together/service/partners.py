"""Partners: offers that operators enter, listed by city."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.together.models import Partner
from chalicelib.together.repository import partners
from chalicelib.together.schemas.partners import OperatorPartnerRead, PartnerPut, PartnerQuery, PartnerRead


def list_partners(query: PartnerQuery, page: PageRequest) -> PageResult[PartnerRead]:
    """Return a page of a city's active partners; a page may hold fewer than its limit."""
    result = partners.list_by_city(query.city, query.kind, page)
    return PageResult([PartnerRead.of(row) for row in result.items if row.is_active], result.last_key)


def list_all_partners(query: PartnerQuery, page: PageRequest) -> PageResult[OperatorPartnerRead]:
    """Return a page of a city's partners for operators, with those that are not active."""
    return partners.list_by_city(query.city, query.kind, page).map(OperatorPartnerRead.of)


def put_partner(body: PartnerPut) -> OperatorPartnerRead:
    """Create a partner, or replace the one with this id."""
    now, before = clock.now(), partners.find(body.id)
    created_at = before.created_at if before is not None else now
    row = Partner(**body.model_dump(), created_at=created_at, updated_at=now)
    row.save()
    return OperatorPartnerRead.of(row)
