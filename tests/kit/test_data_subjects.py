"""Names of data subjects."""

from __future__ import annotations

import pytest

from chalicelib.kit.data_subjects import GUEST, Subject, SubjectType

SHOP, ORDERS = "roses.myshopify.com", ["gid://shopify/Order/1", "gid://shopify/Order/2"]


@pytest.mark.parametrize(
    "subject",
    [
        Subject(SubjectType.SHOP, SHOP, SHOP),
        Subject(SubjectType.CUSTOMER, "gid://shopify/Customer/1", SHOP),
        Subject.guest(SHOP, ORDERS),
        Subject(SubjectType.MEMBER, "m1"),
        Subject(SubjectType.STORE, "s1"),
    ],
)
def test_a_subject_round_trips_as_text(subject: Subject) -> None:
    assert Subject.parse(str(subject)) == subject


def test_guests_differ_by_their_orders() -> None:
    guest = Subject.guest(SHOP, ORDERS)
    assert guest == Subject.guest(SHOP, reversed(ORDERS))
    assert guest != Subject.guest(SHOP, ORDERS[:1])
    assert guest.id == GUEST
    assert not [order for order in ORDERS if order in str(guest)]


@pytest.mark.parametrize("text", ["", "somebody", "shop:", "shop:a:b", "customer:a", "customer:a:", "couple:1"])
def test_other_text_is_not_a_subject(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not the name of a subject|is not a valid SubjectType"):
        Subject.parse(text)
