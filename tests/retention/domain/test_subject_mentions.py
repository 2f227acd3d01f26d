"""Documents that mention a subject: a number counts only where numbers of its kind are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.kit.data_subjects import Subject, SubjectType
from chalicelib.retention.domain.row_ownership import SubjectContext

BUYER = SubjectContext(
    Subject(SubjectType.CUSTOMER, "gid://shopify/Customer/42", "roses.myshopify.com"),
    aliases=("gid://shopify/Order/77",),
)
STRIPE = SubjectContext(Subject(SubjectType.MEMBER, "5"), aliases=("cus_a",))


@pytest.mark.parametrize(
    "document",
    [
        {"id": 1, "customer": {"id": 42}},
        {"customer_id": 42},
        {"id": 77, "customer": None, "line_items": []},
        {"order_id": 77, "transactions": []},
        {"order_edit": {"order_id": 77}},
        {"orders_to_redact": [5, 77]},
        {"customer_id": "gid://shopify/Customer/42"},
        {"lines": [{"properties": {"order": "gid://shopify/Order/77"}}]},
    ],
)
def test_document_mentions_the_customer(document: Any) -> None:
    assert BUYER.is_mentioned_in(json.dumps(document))


@pytest.mark.parametrize(
    "document",
    [
        {"id": 1, "customer": {"id": 43}, "line_items": [{"id": 42, "product_id": 42, "variant_id": 77}]},
        {"id": 42, "location_id": 42, "user_id": 42, "customer": {"id": 1, "default_address": {"id": 42}}},
        {"id": 77, "title": "a product with the number of their order"},
        {"note": "42 and 77"},
        {"customer_id": "gid://shopify/Customer/421"},
        [],
        "42",
    ],
)
def test_document_with_similar_numbers_does_not_mention_the_customer(document: Any) -> None:
    assert not BUYER.is_mentioned_in(json.dumps(document))


def test_text_without_json_mentions_nobody() -> None:
    assert not BUYER.is_mentioned_in("42")
    assert not BUYER.is_mentioned_in("{")


def test_stripe_event_mentions_an_owner_by_customer_id() -> None:
    assert STRIPE.is_mentioned_in(json.dumps({"data": {"object": {"customer": "cus_a"}}}))
    assert STRIPE.is_mentioned_in(json.dumps({"data": {"object": {"id": "cus_a", "object": "customer"}}}))
    assert not STRIPE.is_mentioned_in(json.dumps({"data": {"object": {"customer": "cus_ab", "quantity": 5}}}))
