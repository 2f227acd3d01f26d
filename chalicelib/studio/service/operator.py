"""Generations across shops, for operators."""

from __future__ import annotations

from chalicelib.kit import audit, clock
from chalicelib.kit.auth import Account
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.shops.service import list_installed_shops
from chalicelib.studio.models import Generation, GenerationStatus, GenerationType
from chalicelib.studio.repository import generation_queries, generations
from chalicelib.studio.schemas.operator import OperatorGenerationQuery, OperatorGenerationRead
from chalicelib.studio.service.auth import APP
from chalicelib.studio.service.orders import remake_final

MOST_SHOPS = 25
"""Shops whose failed finals one page reads, with one query each."""
MOST_FAILED = 20
"""Failed finals of one shop on such a page."""


def list_generations_of_all_shops(
    query: OperatorGenerationQuery, page: PageRequest
) -> PageResult[OperatorGenerationRead]:
    """Return a page of the generations that the query describes.

    Open work begins with the lease that ends first. Failed finals are read shop by shop, in the order of installation: a
    page may be empty before the last one, and has the newest MOST_FAILED of a shop.
    """
    if query.state == "failed" and query.shop is None:
        return _list_failed(query.generation_type, page)
    if query.shop is not None:
        return _list_of_shop(query.shop, query, page).map(OperatorGenerationRead.of)
    until = clock.now() if query.state == "stuck" else None
    return generation_queries.list_by_open_work(query.generation_type, until, page).map(OperatorGenerationRead.of)


def remake_final_of_shop(account: Account, shop: str, generation: str) -> OperatorGenerationRead:
    """Generate a final of a shop again, on behalf of an operator. Raises as `remake_final`."""
    remake_final(shop, generation, None)
    audit.publish_operator_action(account, "studio.remake_final", f"generation:{generation}", shop=shop)
    return OperatorGenerationRead.of(generations.get(shop, generation))


def _list_of_shop(shop: str, query: OperatorGenerationQuery, page: PageRequest) -> PageResult[Generation]:
    filters = {"generation_type": query.generation_type}
    if query.state == "failed":
        return generation_queries.list_by_columns(shop, {**filters, "status": GenerationStatus.FAILED}, page)
    result, now = generation_queries.list_by_columns(shop, filters, page), clock.now()
    rows = [row for row in result.items if row.lease_until and (query.state == "open" or row.lease_until < now)]
    return PageResult(rows, result.last_key)


def _list_failed(kind: GenerationType, page: PageRequest) -> PageResult[OperatorGenerationRead]:
    shops = list_installed_shops(APP, PageRequest(limit=MOST_SHOPS, start=page.start))
    filters = {"status": GenerationStatus.FAILED, "generation_type": kind}
    of_a_shop = PageRequest(limit=MOST_FAILED)
    rows = [row for shop in shops.items for row in generation_queries.list_by_columns(shop, filters, of_a_shop).items]
    return PageResult([OperatorGenerationRead.of(row) for row in rows], shops.last_key)
