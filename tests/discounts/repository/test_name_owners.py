"""Which discount had a name when an order was created; Shopify tells that time in whole seconds."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from chalicelib.discounts.domain.names import former_name
from chalicelib.discounts.enums import NameKind
from chalicelib.discounts.models import DiscountName
from chalicelib.discounts.repository.discount_names import find_owners

BEGAN = datetime(2026, 11, 20, 12, 0, 34, 634_145, tzinfo=UTC)
SECOND = BEGAN.replace(microsecond=0)


def put_name(shop: str, discount_id: str, since: datetime, until: datetime | None = None) -> None:
    name = former_name("title:mugs", until) if until else "title:mugs"
    DiscountName(shop, name, discount_id=discount_id, kind=NameKind.TITLE, since=since, until=until).save()


def owner(shop: str, at: datetime) -> str | None:
    return find_owners(shop, [("title:mugs", at)]).get(("title:mugs", at))


def test_an_order_of_the_second_in_which_a_name_began_means_it() -> None:
    shop = f"{uuid.uuid4().hex}.myshopify.com"
    put_name(shop, "new", BEGAN)
    assert owner(shop, SECOND) == "new"
    assert owner(shop, SECOND - timedelta(seconds=1)) is None


def test_a_former_name_counts_from_its_first_second_until_it_ended() -> None:
    shop = f"{uuid.uuid4().hex}.myshopify.com"
    put_name(shop, "old", BEGAN, BEGAN + timedelta(days=1))
    put_name(shop, "new", BEGAN + timedelta(days=2))
    times = [SECOND - timedelta(seconds=1), SECOND, SECOND + timedelta(days=1), BEGAN + timedelta(days=1)]
    assert [owner(shop, at) for at in times] == [None, "old", "old", None]
    assert owner(shop, SECOND + timedelta(days=2)) == "new"
