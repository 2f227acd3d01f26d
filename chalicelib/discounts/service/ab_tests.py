"""A/B tests of a discount's value, based on experiments of analytics.

While a test runs, the discount's row has its id and `b`'s value, and value, items and window are frozen. The visitors'
variants are signed marks in their carts; orders report the revenue of their buyers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.analytics import service as analytics
from chalicelib.analytics.schemas.experiments import ExperimentRead, ExperimentResult, VariantRead
from chalicelib.discounts.domain.ab_choice import chosen_test
from chalicelib.discounts.domain.configuration import configuration
from chalicelib.discounts.domain.discount_terms import plain, terms_of
from chalicelib.discounts.domain.metafield import ItemValue, ValueTest, bytes_over
from chalicelib.discounts.enums import ValueType
from chalicelib.discounts.errors import (
    DiscountTooLarge,
    InvalidDiscount,
    TestNotApplicable,
    TestNotFound,
    TestNotStartable,
    TestRunning,
)
from chalicelib.discounts.models import APP, Discount
from chalicelib.discounts.repository import ab_tests, discounts
from chalicelib.discounts.schemas.ab_tests import AbMarkRead, AbTestCreate, AbTestRead, AbTestStep, AbVariantRead
from chalicelib.discounts.schemas.discounts import DiscountUpdate
from chalicelib.discounts.schemas.publication import DiscountChanged
from chalicelib.discounts.service import measurement
from chalicelib.discounts.service.ab_marks import Mark, sign_mark
from chalicelib.discounts.service.discounts import Editor, change_discount, require_valid_terms
from chalicelib.kit import clock, ids
from chalicelib.kit.errors import NotFound, VersionMismatch, WriteConflict
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.kit.timed_cache import TimedCache
from chalicelib.kit.unit_of_work import UnitOfWork, run_unit_of_work

METRIC = "ab_revenue"
HALF = 5_000
"""Basis points of each variant."""
DRAFT, STOPPED = "draft", "stopped"

_running = TimedCache[str, tuple[str, ...]](timedelta(seconds=60), 1_000)


def add_test(editor: Editor, body: AbTestCreate) -> AbTestRead:
    """Create a test; it starts later. Raises DiscountNotFound, InvalidDiscount, DiscountTooLarge."""
    row = discounts.get(editor.shop, body.discount_id)
    b = ItemValue(body.value_type, Decimal(plain(body.value)))
    require_valid_terms(editor, {**discounts.columns_of_row(row), "value_type": b.type, "value": b.value})
    if b == _value_of(row):
        message = "this is the discount's value; test another"
        raise InvalidDiscount(f"body.value: {message}", errors=[{"path": "body.value", "message": message}])
    _require_room(row, ValueTest(ids.time_ordered(), b), "body.discount_id")
    measurement.register_shop(editor.shop)
    values = ((row.value_type, row.value), (b.type, b.value))
    variants = [
        {
            "variant": name,
            "weight": HALF,
            "config": {"discount_id": row.discount_id, "value_type": kind.value, "value": plain(value)},
        }
        for name, (kind, value) in zip("ab", values, strict=True)
    ]
    tenant = measurement.tenant_of(editor.shop)
    test_id = analytics.create_experiment(tenant, ids.time_ordered(), METRIC, analytics.MetricKind.MEAN, variants)
    return get_test(editor.shop, test_id)


def list_tests(shop: str, page: PageRequest) -> PageResult[AbTestRead]:
    """Return a page of the shop's tests, the latest first; without the sums of their variants' visitors."""
    result = analytics.list_experiments(measurement.tenant_of(shop), page)
    tests = [row for row in result.items if row.metric == METRIC]
    return PageResult([_read(row, ()) for row in tests], result.last_key)


def get_test(shop: str, test_id: str) -> AbTestRead:
    """Return a test with its last result. Raises TestNotFound."""
    row = _find(shop, test_id)
    return _read(row, row.variants)


def change_test(editor: Editor, test_id: str, step: AbTestStep) -> AbTestRead:
    """Start, stop or apply a test. Repeated, each step completes what a crash left.

    Raises TestNotFound, DiscountNotFound, DiscountTooLarge, TestRunning, TestNotStartable, TestNotApplicable,
    LimitReached.
    """
    row = _find(editor.shop, test_id)
    steps: Mapping[AbTestStep, Callable[[Editor, ExperimentResult], None]] = {
        AbTestStep.START: _start,
        AbTestStep.STOP: lambda editor, row: stop_test(editor.shop, row.test_id),
        AbTestStep.APPLY: _apply,
    }
    steps[step](editor, row)
    _running.forget()
    return get_test(editor.shop, test_id)


def stop_test(shop: str, test_id: str) -> None:
    """Free the discount, then stop the experiment, whose result is computed. Raises TestNotFound, TestNotStartable."""
    row = _find(shop, test_id)
    if row.status == DRAFT:
        raise TestNotStartable("The test has not started.")
    _end(shop, row.variant_a_config["discount_id"], test_id)
    analytics.stop(measurement.tenant_of(shop), test_id)


def end_stopped_tests(shop: str, _day: date) -> None:
    """Free the discounts whose experiments stopped automatically after 90 days."""
    for discount in ab_tests.list_tested(shop):
        test_id = str(discount.ab_test_id)
        if _find(shop, test_id).status == STOPPED:
            _end(shop, discount.discount_id, test_id)


def assign_visitor(shop: str, visitor: str) -> AbMarkRead:
    """Return the visitor's mark for one of the running tests, and report that they see its variant."""
    tests = _running.get(shop, lambda: tuple(ab_tests.list_running(shop)))
    test = chosen_test(tests, visitor)
    tenant = measurement.tenant_of(shop)
    variant = analytics.assign(tenant, test, visitor) if test else None
    if test is None or variant is None:
        return AbMarkRead(mark=None)
    analytics.expose(tenant, test, visitor, variant, clock.now())
    return AbMarkRead(mark=sign_mark(shop, Mark(test, variant, visitor)))


def forget_running() -> None:
    """Clear the cache; for tests, which empty the tables."""
    _running.forget()


def _require_room(row: Discount, test: ValueTest, path: str) -> None:
    """Raise DiscountTooLarge, for this field, if the discount's configuration has no room for the test."""
    over = bytes_over(configuration(terms_of(discounts.columns_of_row(row)), test))
    if over:
        message = f"the configuration with a test is {over} bytes too large"
        raise DiscountTooLarge(f"{path}: {message}", errors=[{"path": path, "message": message}])


def _start(editor: Editor, row: ExperimentResult) -> None:
    if row.status == STOPPED:
        raise TestNotStartable
    shop, config = editor.shop, row.variant_b_config

    def decide(unit: UnitOfWork) -> None:
        discount = discounts.get(shop, config["discount_id"])
        if discount.ab_test_id == row.test_id:
            return
        if discount.ab_test_id is not None or _value_of(discount) != _value_in(row.variant_a_config):
            raise TestRunning if discount.ab_test_id else TestNotStartable("The discount's value has changed.")
        _require_room(discount, ValueTest(row.test_id, _value_in(config)), "body.action")
        ab_tests.stage_started(unit.transaction, discount, row.test_id, _value_in(config), clock.now())
        unit.publish(_changed(discount))

    _run(decide)
    analytics.start(measurement.tenant_of(shop), row.test_id)


def _end(shop: str, discount_id: str, test_id: str) -> None:
    def decide(unit: UnitOfWork) -> None:
        discount = discounts.find(shop, discount_id)
        if discount is not None and discount.ab_test_id == test_id:
            ab_tests.stage_ended(unit.transaction, discount, clock.now())
            unit.publish(_changed(discount))

    _run(decide)


def _changed(row: Discount) -> DiscountChanged:
    """Return the message by which the discount's configuration is published, with or without the test."""
    return DiscountChanged(shop=row.shop, app=APP, discount_id=row.discount_id)


def _run(decide: Callable[[UnitOfWork], None]) -> None:
    """Run the unit of work; retry with a fresh read if the discount changes."""

    def decide_again(unit: UnitOfWork) -> None:
        try:
            decide(unit)
        except VersionMismatch as error:
            raise WriteConflict from error

    run_unit_of_work(decide_again)


def _apply(editor: Editor, row: ExperimentResult) -> None:
    """Set the winner's value, unless the discount has it. The control's win changes nothing."""
    if row.status != STOPPED or row.winner is None:
        raise TestNotApplicable
    config = row.variant_b_config if row.winner == "b" else row.variant_a_config
    discount = discounts.get(editor.shop, config["discount_id"])
    value = _value_in(config)
    if _value_of(discount) != value:
        update = DiscountUpdate(value_type=value.type, value=value.value)
        change_discount(editor, discount.discount_id, update, str(discount.version))


def _find(shop: str, test_id: str) -> ExperimentResult:
    """Return the shop's test. Raises TestNotFound, also for an experiment of another kind."""
    try:
        row = analytics.result(measurement.tenant_of(shop), test_id)
    except NotFound as error:
        raise TestNotFound from error
    if row.metric != METRIC:
        raise TestNotFound
    return row


def _value_of(row: Discount) -> ItemValue:
    return ItemValue(row.value_type, Decimal(plain(row.value)))


def _value_in(config: Mapping[str, Any]) -> ItemValue:
    return ItemValue(ValueType(config["value_type"]), Decimal(config["value"]))


def _read(row: ExperimentRead, variants: tuple[VariantRead, ...] | list[VariantRead]) -> AbTestRead:
    configs = {"a": row.variant_a_config, "b": row.variant_b_config}
    sums = {each.variant: each for each in variants}
    columns = {name: getattr(row, name) for name in AbTestRead.model_fields if name not in ("discount_id", "variants")}
    return AbTestRead(
        **columns,
        discount_id=row.variant_a_config["discount_id"],
        variants=[_variant(name, config, sums.get(name), row) for name, config in configs.items()],
    )


def _variant(name: str, config: Mapping[str, Any], sums: VariantRead | None, row: ExperimentRead) -> AbVariantRead:
    return AbVariantRead(
        variant=name,
        value_type=config["value_type"],
        value=Decimal(config["value"]),
        visitors=sums.exposures if sums else 0,
        buyers=sums.conversions if sums else getattr(row, f"variant_{name}_conversions"),
        revenue=sums.revenue if sums else getattr(row, f"variant_{name}_revenue"),
        mean=sums.mean if sums else None,
    )
