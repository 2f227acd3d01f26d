"""Who had a code or title at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chalicelib.discounts.domain.names import code_name, former_name, title_name
from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.models import DiscountName
from chalicelib.discounts.repository import discount_names
from infra.bench.round_trips import metered

SHOP = "names.myshopify.com"
START = datetime(2026, 1, 1, tzinfo=UTC)


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def store(name: str, owner: str, since: int, until: int | None = None, shop: str = SHOP) -> None:
    key = name if until is None else former_name(name, hour(until))
    ended = None if until is None else hour(until)
    DiscountName(shop, key, discount_id=owner, kind=NameKind.CODE, since=hour(since), until=ended).save()


def test_a_use_belongs_to_the_discount_whose_name_was_in_force() -> None:
    code = code_name("SALE")
    store(code, "first", 1, 3)
    store(code, "second", 5, 8)
    store(code, "third", 8)
    store(code_name("SALE#2"), "other", 0)
    store(code, "stranger", 3, 5, shop="other.myshopify.com")
    expected = {0: None, 1: "first", 2: "first", 3: None, 5: "second", 7: "second", 8: "third", 99: "third"}
    owners = discount_names.find_owners(SHOP, [(code, hour(number)) for number in expected])
    assert {number: owners.get((code, hour(number))) for number in expected} == expected


def test_a_name_that_no_discount_can_have_costs_nothing() -> None:
    long = title_name("\U0001f600" * 255)
    code = code_name("SALE")
    store(code, "first", 0)
    with metered() as meter:
        owners = discount_names.find_owners(SHOP, [(long, hour(1)), (code, hour(1))])
    assert owners == {(code, hour(1)): "first"}
    assert meter.cost.reads == 1


def test_names_in_force_cost_one_read_for_a_hundred() -> None:
    for number in range(100):
        store(title_name(f"Title {number}"), str(number), 0)
    uses = [(title_name(f"TITLE {number}"), hour(1)) for number in range(100)] * 5
    with metered() as meter:
        owners = discount_names.find_owners(SHOP, uses)
    assert owners == {(title_name(f"title {number}"), hour(1)): str(number) for number in range(100)}
    assert meter.cost.reads == 1
