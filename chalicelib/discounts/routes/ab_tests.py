"""`/v1/discounts/tests…`: A/B tests of a discount's value; `/proxy/discounts/ab`: the variant of a visitor."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.discounts.schemas.ab_tests import AbMarkRead, AbQuery, AbTestAction, AbTestCreate, AbTestRead
from chalicelib.discounts.service import ab_tests
from chalicelib.discounts.service.auth import Merchant, Shopper, merchant, shopper
from chalicelib.discounts.service.discounts import editor_of
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.pagination import PageResult
from chalicelib.kit.schemas import Page, PageQuery

bp = Blueprint(__name__)


@bp.route("/v1/discounts/tests", methods=["GET"])
@endpoint(bp, auth=merchant, query=PageQuery, returns=Page[AbTestRead])
def list_tests(call: ApiRequest[Merchant, None, PageQuery]) -> PageResult[AbTestRead]:
    """List the shop's tests, the latest first. Read one test for its visitors."""
    return ab_tests.list_tests(call.principal.shop, call.page)


@bp.route("/v1/discounts/tests", methods=["POST"])
@endpoint(bp, auth=merchant, body=AbTestCreate, returns=AbTestRead, status=201, idempotent="claimed")
def add_test(call: ApiRequest[Merchant, AbTestCreate]) -> AbTestRead:
    """Create a test of another value for a discount's items; the action `start` starts it."""
    return ab_tests.add_test(editor_of(call.principal), call.body)


@bp.route("/v1/discounts/tests/{test_id}", methods=["GET"])
@endpoint(bp, auth=merchant, returns=AbTestRead)
def get_test(call: ApiRequest[Merchant], test_id: str) -> AbTestRead:
    """Return a test with its last result, computed hourly and after its stop."""
    return ab_tests.get_test(call.principal.shop, test_id)


@bp.route("/v1/discounts/tests/{test_id}", methods=["POST"])
@endpoint(bp, auth=merchant, body=AbTestAction, returns=AbTestRead, idempotent="claimed")
def change_test(call: ApiRequest[Merchant, AbTestAction], test_id: str) -> AbTestRead:
    """Start or stop a test, or set its winner's value as the discount's. The discount is frozen while the test runs."""
    return ab_tests.change_test(editor_of(call.principal), test_id, call.body.action)


@bp.route("/proxy/discounts/ab", methods=["GET"])
@endpoint(bp, auth=shopper, query=AbQuery, returns=AbMarkRead)
def assign_visitor(call: ApiRequest[Shopper, None, AbQuery]) -> AbMarkRead:
    """Return the mark that the storefront sets in the cart of a visitor who consented, and count the visitor."""
    return ab_tests.assign_visitor(call.principal.shop, call.query.visitor)
