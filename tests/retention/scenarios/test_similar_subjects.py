"""An erasure deletes all data of the subject, and no data of subjects with similar ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.billing.models import CreditBalance, CreditEntry
from chalicelib.kit import auth, ids
from chalicelib.kit.auth import Role
from chalicelib.kit.data_subjects import pseudonym
from chalicelib.retention.errors import InvalidSubject
from chalicelib.retention.models import PrivacyKind, PrivacyStatus
from chalicelib.retention.service import privacy_requests
from chalicelib.studio.models import Quota
from tests.retention.factories import files, row, seed_customer, seed_owner, seed_shop, traces
from tests.retention.service.test_erasure import OPERATOR, erase

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

Drain = Callable[[], list[Any]]


def test_a_missing_counter_does_not_stop_the_erasure(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    customer, _ = seed_customer("mark-buyer", shop, 900_000_001)
    Quota.get(shop).delete()
    assert erase(f"customer:{shop}:{customer}", drain).status is PrivacyStatus.COMPLETED
    assert list(traces("mark-buyer")) == []


def test_erasing_both_partners_concurrently_leaves_no_credits(drain: Drain) -> None:
    for member in ("mark-one", "mark-two"):
        seed_owner(member, OwnerType.MEMBER, relationship="couple")
    row(CreditBalance, "both", relationship_id="couple")
    row(CreditEntry, "both", relationship_id="couple")
    for member in ("mark-one", "mark-two"):
        privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, f"member:{member}-id")
    assert drain() == []
    assert (list(CreditBalance.query("couple")), list(CreditEntry.query("couple"))) == ([], [])


def test_erasing_a_customer_deletes_the_shops_export(drain: Drain) -> None:
    shop = seed_shop("mark-shop")
    [customer, other] = [seed_customer(f"mark-{n}", shop, 900_000_000 + n)[0] for n in range(2)]
    for subject in (f"shop:{shop}", f"customer:{shop}:{customer}", f"customer:{shop}:{other}"):
        privacy_requests.begin_request(OPERATOR, PrivacyKind.EXPORT, subject)
    assert drain() == []
    assert len([url for url in files() if "/exports/" in url]) == 3
    erase(f"customer:{shop}:{customer}", drain)
    [left] = [url for url in files() if "/exports/" in url]
    assert pseudonym(f"customer:{shop}:{other}") in left


def test_stored_responses_to_operators_are_erased(api: httpx2.Client, drain: Drain) -> None:
    seed_owner("mark-member1", OwnerType.MEMBER)
    token = auth.mint(Role.OPERATOR, "op", timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": ids.new()}
    asked = {"kind": "erase", "subject": "member:mark-member1-id"}
    assert api.post("/v1/operator/privacy-requests", json=asked, headers=headers).status_code == 202
    assert drain() == []
    assert list(traces("mark-member1")) == []


def test_a_longer_id_belongs_to_another_subject(drain: Drain) -> None:
    for mark in ("mark-z", "mark-zy"):  # no hexadecimal digit: a "watermark-ab…" is not meant
        seed_owner(mark, OwnerType.MEMBER)
    shop, longer = seed_shop("mark"), seed_shop("a-mark")
    before = [*traces("mark-zy"), *traces(longer)]
    erase("member:mark-z-id", drain)
    erase(f"shop:{shop}", drain)
    assert [*traces("mark-zy"), *traces(longer)] == before


@pytest.mark.parametrize(
    "subject",
    [
        "shop:roses",
        "shop:ROSES.myshopify.com",
        "shop:roses.myshopify.com.evil.example",
        "customer:roses.myshopify.com:123",
        "customer:roses:gid://shopify/Customer/1",
        "customer:roses.myshopify.com:guest",
        "customer:roses.myshopify.com:gid://shopify/Order/1",
        "member: ",
        'member:a"b',
        "store:",
        "everybody",
    ],
)
def test_an_inexact_subject_name_is_rejected(subject: str) -> None:
    with pytest.raises(InvalidSubject):
        privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject)
