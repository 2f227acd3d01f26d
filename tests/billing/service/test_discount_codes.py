"""The terms of a discount code, and their changes by operators."""

from __future__ import annotations

import httpx2
import pytest

from chalicelib.billing.models import DiscountCode, DiscountUsage
from chalicelib.integrations.stripe import coupons
from chalicelib.kit import clock
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import Unavailable
from infra.sandbox.stripe import StripeSandbox
from tests.billing.conftest import Json, Owner, make_owner, operator
from tests.billing.discount_factories import QUARTER, URL, Checkout, Code, Drain, code, count_uses

__all__ = ["code"]


@pytest.mark.parametrize(
    ("terms", "plan", "message"),
    [
        ({"applies_to": ["premium_plus"]}, "try_it_out", "not for this plan"),
        ({"discount_type": "fixed_amount", "value": "5", "currency": "EUR"}, "try_it_out", "not for prices in USD"),
        ({"valid_from": "2099-01-01T00:00:00Z"}, "try_it_out", "not valid yet"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "try_it_out", "expired"),
    ],
)
def test_a_refused_code_has_a_reason(
    api: httpx2.Client,
    member: Owner,
    code: Code,
    checkout: Checkout,
    terms: Json,
    plan: str,
    message: str,
) -> None:
    code(**terms)
    check = {"code": "SPRING-27", "plan": plan}
    for answer in (
        api.post("/v1/billing/codes/validate", json=check, headers=member.headers),
        checkout(member, plan, code="SPRING-27"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "InvalidCode")
        (error,) = answer.json()["errors"]
        assert error["path"] == "body.code"
        assert message in error["message"]
    assert list(DiscountUsage.scan()) == []


@pytest.mark.parametrize(
    "terms",
    [
        {"value": "101"},
        {"value": "0"},
        {"currency": "USD"},
        {"discount_type": "fixed_amount"},
        {"discount_type": "fixed_amount", "value": "1.001", "currency": "USD"},
        {"duration": "repeating"},
        {"duration_months": 3},
        {"code": "ä ö"},
        {"code": "A" * 41},
        {"value": "33.333"},
        {"max_uses": 10**400},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
        {"valid_from": "0001-01-01T00:00:00+14:00"},
        {"value": "1E-9"},
        {"discount_type": "fixed_amount", "value": "1000000", "currency": "USD"},
        {"valid_from": "2027-01-02T00:00:00Z", "expires_at": "2027-01-01T00:00:00Z"},
    ],
)
def test_invalid_terms_are_refused(api: httpx2.Client, member: Owner, terms: Json) -> None:
    answer = api.post(URL, json={**QUARTER, **terms}, headers=operator())
    assert answer.status_code == 422
    assert list(DiscountCode.scan()) == []


@pytest.mark.parametrize("value", ["1E1", "12.25", "100"])
def test_a_percentage_is_equal_at_stripe_in_every_notation(
    code: Code, stripe_sandbox: StripeSandbox, value: str
) -> None:
    code(value=value)
    with stripe_sandbox.store() as stripe:
        (coupon,) = stripe.all("coupon")
    assert coupon["percent_off"] == float(value)


def test_a_code_can_be_reused_after_stripe_refuses_the_terms(api: httpx2.Client, code: Code) -> None:
    terms = {**QUARTER, "discount_type": "fixed_amount", "currency": "ZZZ"}
    assert api.post(URL, json=terms, headers=operator()).json()["code"] == "StripeRefused"
    assert list(DiscountCode.scan()) == []
    assert code()["discount_type"] == "percentage"


@pytest.mark.parametrize("lost", ["create_coupon", "create_promotion_code"])
def test_a_repeated_request_mirrors_a_code_missing_at_stripe(
    api: httpx2.Client, member: Owner, stripe_sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    terms = {**QUARTER, "expires_at": "2030-01-01T00:00:00+01:00", "applies_to": ["try_it_out"], "max_uses": 3}

    def down(*_: object) -> None:
        raise Unavailable("Stripe does not answer.")

    def ask(**changes: object) -> int:
        headers = operator() | {"Idempotency-Key": "mine"} if not changes else operator()
        return api.post(URL, json=terms | changes, headers=headers).status_code

    with monkeypatch.context() as outage:
        outage.setattr(coupons, lost, down)
        assert ask() == 503
    assert ask(value="50") == 409, "the letters are taken by other terms"
    assert ask() == 201
    assert ask(max_uses=3) == 409, "it exists by now"
    with stripe_sandbox.store() as stripe:
        assert (len(stripe.all("coupon")), len(stripe.all("promotion_code"))) == (1, 1)


def test_the_longest_code_is_accepted(code: Code) -> None:
    assert code(code="A" * 40)["code"] == "A" * 40


def test_operators_change_the_mutable_terms(api: httpx2.Client, member: Owner, code: Code, checkout: Checkout) -> None:
    code(max_uses=1)
    assert api.post(URL, json=QUARTER, headers=operator()).status_code == 409
    changed = api.patch(f"{URL}/spring-27", json={"max_uses": None, "is_active": False}, headers=operator()).json()
    assert (changed["max_uses"], changed["is_active"], changed["max_uses_per_user"]) == (None, False, 1)
    assert checkout(member, "try_it_out", code="SPRING-27").status_code == 422
    assert api.patch(f"{URL}/spring-27", json={"value": "50"}, headers=operator()).status_code == 422
    assert api.get(f"{URL}/nothing", headers=operator()).status_code == 404
    assert [row["code"] for row in api.get(URL, headers=operator()).json()["items"]] == ["SPRING-27"]


@pytest.mark.parametrize(
    "change",
    [
        {"expires_at": "2030-02-01T00:00:00Z"},
        {"valid_from": "2030-04-01T00:00:00Z"},
        {"valid_from": "2030-05-02T00:00:00Z", "expires_at": "2030-05-01T00:00:00Z"},
    ],
)
def test_a_code_cannot_expire_before_its_validity_starts(api: httpx2.Client, code: Code, change: Json) -> None:
    window = {"valid_from": "2030-03-01T00:00:00Z", "expires_at": "2030-04-01T00:00:00Z"}
    code(**window)
    assert api.patch(f"{URL}/spring-27", json=change, headers=operator()).status_code == 422
    (row,) = DiscountCode.scan()
    assert (clock.iso(row.valid_from)[:10], clock.iso(row.expires_at)[:10]) == ("2030-03-01", "2030-04-01")
    opened = api.patch(
        f"{URL}/spring-27", json={"valid_from": None, "expires_at": "2030-02-01T00:00:00Z"}, headers=operator()
    )
    assert (opened.status_code, opened.json()["valid_from"]) == (200, None)


def test_deactivation_and_reactivation_of_a_code_are_mirrored(
    api: httpx2.Client, code: Code, stripe_sandbox: StripeSandbox
) -> None:
    code()
    for is_active in (False, True, False, True):
        api.patch(f"{URL}/spring-27", json={"is_active": is_active}, headers=operator())
        with stripe_sandbox.store() as stripe:
            (row,) = stripe.all("promotion_code")
        assert row["active"] is is_active


def test_a_raised_limit_allows_more_uses(
    api: httpx2.Client,
    member: Owner,
    code: Code,
    checkout: Checkout,
    stripe_sandbox: StripeSandbox,
    drain: Drain,
) -> None:
    code(max_uses=1)
    stripe_sandbox.complete_checkout(checkout(member, "try_it_out", code="SPRING-27").json()["id"])
    assert drain() == []
    other = make_owner(Role.MEMBER)
    assert checkout(other, "try_it_out", code="SPRING-27").status_code == 422
    assert api.patch(f"{URL}/spring-27", json={"max_uses": 2}, headers=operator()).status_code == 200
    started = checkout(other, "try_it_out", code="SPRING-27")
    assert started.status_code == 201, started.text
    stripe_sandbox.complete_checkout(started.json()["id"])
    assert drain() == []
    assert count_uses() == (2, ["redeemed", "redeemed"])
