"""The stored record of an Idempotency-Key, with concurrent claims; test_http.py tests the same over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import BaseModel

from chalicelib.kit import clock
from chalicelib.kit.errors import IdempotencyConflict, Problem, StillInProgress
from chalicelib.kit.idempotency import Idempotency, Replayed, raise_for_stored_response
from chalicelib.kit.models import IdempotencyRecord, IdempotencyStatus
from chalicelib.kit.tables import Transaction


class Answer(BaseModel):
    number: int


def request_of(
    body: bytes = b"{}", header: str = "k1", subject: str = "member:ann", route: str = "POST /x"
) -> Idempotency:
    return Idempotency.of(header, subject, route, body)


def respond_once(number: int) -> int:
    """Respond with `number`, or with the number of an earlier claim."""
    idempotency = request_of()
    try:
        idempotency.recall()
        with Transaction() as transaction:
            idempotency.join(transaction, Answer(number=number))
    except Replayed as replayed:
        return int(replayed.response["number"])
    except Problem as error:
        try:
            raise_for_stored_response(error)
        except Replayed as replayed:
            return int(replayed.response["number"])
        raise
    return number


def claim(_: int = 0) -> bool:
    try:
        request_of().claim()
    except StillInProgress:
        return False
    return True


def test_the_key_is_bound_to_caller_route_and_header_but_not_to_the_body() -> None:
    assert (
        len({request_of().key, request_of(subject="x").key, request_of(route="x").key, request_of(header="x").key}) == 4
    )
    assert request_of(body=b"a").key == request_of(body=b"b").key
    assert "k1" not in request_of().key, "the request body is not stored"


def test_concurrent_requests_get_the_winners_response() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(respond_once, range(24)))) == 1


def test_one_of_many_claims_wins() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(claim, range(16))).count(True) == 1


def test_one_of_many_takes_over_an_expired_claim() -> None:
    claim()
    past = clock.now() - timedelta(seconds=1)
    IdempotencyRecord(request_of().key).update(actions=[IdempotencyRecord.in_progress_until.set(past)])
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(claim, range(16))).count(True) == 1


def test_an_abandoned_claim_is_free() -> None:
    assert claim()
    assert not claim()
    request_of().abandon()
    assert claim()


def test_a_completed_claim_is_replayed_for_a_day() -> None:
    claim()
    request_of().complete(Answer(number=7))
    with pytest.raises(Replayed) as replayed:
        request_of().claim()
    assert replayed.value.response == {"number": 7}
    record = IdempotencyRecord.get(request_of().key)
    assert record.status is IdempotencyStatus.COMPLETED
    assert timedelta(hours=23) < record.expires_epoch - clock.now() <= timedelta(hours=24)


@pytest.mark.parametrize("look", ["recall", "claim"])
def test_another_body_is_a_conflict_in_every_state(look: str) -> None:
    other = request_of(body=b"other")
    claim()
    with pytest.raises(IdempotencyConflict):
        getattr(other, look)()
    request_of().complete(Answer(number=1))
    with pytest.raises(IdempotencyConflict):
        getattr(other, look)()


def test_a_failed_transaction_stores_no_response() -> None:
    with pytest.raises(ValueError, match="later"), Transaction() as transaction:
        request_of().join(transaction, Answer(number=1))
        raise ValueError("later")
    request_of().recall()
    assert respond_once(2) == 2


class LargeAnswer(BaseModel):
    rows: list[dict[str, str]]


def test_a_large_response_is_replayed_from_s3_and_the_record_stays_small() -> None:
    response = LargeAnswer(rows=[{"name": f"row {number} \u00fc" * 40} for number in range(500)])
    idempotency = request_of(subject="store:s1")
    idempotency.claim()
    idempotency.complete(response)
    record = IdempotencyRecord.get(idempotency.key)
    assert record.response is None
    assert "/payloads/messages/store:s1/" in (record.response_url or "")
    with pytest.raises(Replayed) as replayed:
        request_of(subject="store:s1").recall()
    assert replayed.value.response == response.model_dump(mode="json")
