"""An erasure that crashes at any call and is resumed ends like one without a crash, with the same report."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

from chalicelib.billing.enums import OwnerType
from chalicelib.kit.auth import Account, Role
from chalicelib.retention.models import PrivacyKind, PrivacyStatus
from chalicelib.retention.service import erasure, privacy_requests
from infra.local.engine import Engine
from tests.retention.crash import Crash, counted_calls, crash_at
from tests.retention.factories import seed_customer, seed_owner, seed_shop, traces

pytestmark = pytest.mark.usefixtures("nothing_in_progress")

OPERATOR = Account(Role.OPERATOR, "op")
CRASHES = "erasure-crashes"
"""A snapshot of the engine."""
PARTS = 12
"""Crashes at a call of any operation."""
WHEN = ("before-call", "after-call")


@pytest.mark.parametrize(
    ("subject", "mark"),
    [
        ("customer:mark-shop.myshopify.com:gid://shopify/Customer/900000001", "mark-buyer"),
        ("member:mark-member-id", "mark-member"),
    ],
)
@pytest.mark.slow
def test_a_crash_at_any_call(engine: Engine, subject: str, mark: str) -> None:
    """An erasure that crashes at calls and is resumed each time ends like one without a crash, with the same report.

    It dies at a call of each operation, and at calls all over its walk: an erasure dies several times until it comes
    through, and the next one dies at the calls that are left.
    """
    _seed_subjects()
    engine.snapshot(CRASHES)
    calls: Counter[str] = Counter()
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject).id
    with counted_calls(calls):
        erasure.erase_subject(request)
    undisturbed = _finish(request, mark)
    assert sum(calls.values()) > 40, "the walk covers all that an erasure does"
    chance = random.Random(mark)
    left = [(operation, chance.randint(1, -(-count * 3 // 4))) for operation, count in sorted(calls.items())]
    left += [("*", _in_part(part, sum(calls.values()), chance)) for part in range(PARTS)]
    chance.shuffle(left)
    while left:
        engine.restore(CRASHES)
        request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject).id
        reached = [point for point in left if _dies_at(request, *point, chance.choice(WHEN))]
        assert reached, left
        left = [point for point in left if point not in reached]
        assert _finish(request, mark) == undisturbed, reached


@pytest.mark.slow
def test_a_shops_erasure_survives_repeated_crashes(engine: Engine) -> None:
    ends: set[str] = set()
    for nth in (3, 60, 110, 150):
        engine.restore()
        _dies("shop:mark-shop.myshopify.com", "mark-shop", nth, "before-call", ends)
    assert len(ends) == 1


def _dies(subject: str, mark: str, nth: int, when: str, ends: set[str]) -> None:
    _seed_subjects()
    request = privacy_requests.begin_request(OPERATOR, PrivacyKind.ERASE, subject)
    _dies_at(request.id, "*", nth, when)
    ends.add(_finish(request.id, mark))


def _seed_subjects() -> None:
    shop = seed_shop("mark-shop")
    seed_customer("mark-buyer", shop, 900_000_001)
    seed_owner("mark-member", OwnerType.MEMBER)


def _in_part(part: int, count: int, chance: random.Random) -> int:
    """Return the number of a call in the first half of one of PARTS equal parts of a walk: another walk may be shorter."""
    return count * part // PARTS + chance.randint(1, count // PARTS // 2)


def _dies_at(request: str, operation: str, nth: int, when: str) -> bool:
    """Run an erasure up to its nth call of the operation (`*` for any). Return False if it ends before."""
    if privacy_requests.read_request(request).status is PrivacyStatus.COMPLETED:
        return False
    try:
        with crash_at(nth, when, operation):
            erasure.erase_subject(request)
    except Crash:
        return True
    return False


def _finish(request: str, mark: str) -> str:
    """Resume an erasure and return its report; check that no data of the subject are left."""
    erasure.erase_subject(request)
    read = privacy_requests.read_request(request)
    assert read.status is PrivacyStatus.COMPLETED
    assert list(traces(mark)) == []
    return json.dumps(read.report["erased"] if read.report else None, sort_keys=True)
