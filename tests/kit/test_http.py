"""`@endpoint` over HTTP: parsing, refusals and responses."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, clock, config, unique_values
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.models import IdempotencyRecord, IdempotencyStatus
from chalicelib.kit.tables import Transaction
from chalicelib.shops.models import EventType, InstallationLog
from tests.kit import sample_app
from tests.kit.conftest import CaptureLog, member_headers
from tests.kit.sample_app import Draft

NOTE = {"name": "first"}


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Assert that the response is a problem; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"{config.settings().public_url}/docs/errors/{code}"
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return document


def test_every_response_has_a_request_id_and_forbids_caching(sample: httpx2.Client) -> None:
    first, second = sample.get("/who"), sample.get("/fail/x")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    for response in (first, second):
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["x-content-type-options"] == "nosniff"


def test_the_principal_comes_from_the_credential(sample: httpx2.Client) -> None:
    assert sample.get("/who").json() == {"subject": "member:ann"}


def test_each_call_of_a_verified_caller_is_recorded_with_its_result(sample: httpx2.Client) -> None:
    sample_app.recorded.clear()
    sample.post("/recorded/well", json=NOTE)
    sample.post("/recorded/badly", json={"name": 1})
    sample.post("/recorded/crash", json=NOTE)
    sample.post("/recorded/unknown", json=NOTE, headers={"Authorization": "Bearer x"})
    calls = [(who, call.route, call.method, call.status, call.error_code) for who, call in sample_app.recorded]
    assert calls == [
        ("ann", "/recorded/{how}", "POST", 200, None),
        ("ann", "/recorded/{how}", "POST", 422, "InvalidInput"),
        ("ann", "/recorded/{how}", "POST", 500, "InternalError"),
    ]
    assert sample_app.recorded[0][1].credentials.path == {"how": "well"}


def test_absent_and_invalid_credentials_are_401(sample: httpx2.Client) -> None:
    for header in ("", "Bearer", "Bearer x.y.z", "Basic YTpi"):
        response = sample.get("/who", headers={"Authorization": header})
        problem(response, 401, "Unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"


def test_another_role_is_forbidden(sample: httpx2.Client) -> None:
    token = auth.mint(auth.Role.OPERATOR, "root")
    problem(sample.get("/who", headers={"Authorization": f"Bearer {token}"}), 403, "Forbidden")


def test_path_and_body_are_parsed(sample: httpx2.Client) -> None:
    response = sample.post("/echo/a-b", json={"name": " x ", "price": "19.90"})
    assert response.json() == {"path": "a-b", "body": {"name": "x", "price": "19.90", "tags": []}}


def test_invalid_fields_are_named_without_their_values(sample: httpx2.Client) -> None:
    response = sample.post("/echo/x", json={"price": "secret-value", "tags": ["ok", 5], "nmae": "x"})
    document = problem(response, 422, "InvalidInput")
    errors = document["errors"]
    assert isinstance(errors, list)
    assert {error["path"] for error in errors} >= {"body.name", "body.tags.1", "body.nmae"}
    assert all(error["message"] for error in errors)
    assert "secret-value" not in response.text


@pytest.mark.parametrize("body", [b"{", b"nope", b'{"name": "\xff"}', b"\x00", b'{"name": "a"} trailing'])
def test_a_body_that_is_not_json_is_400(sample: httpx2.Client, body: bytes) -> None:
    response = sample.post("/echo/x", content=body, headers={"Content-Type": "application/json"})
    assert problem(response, 400, "MalformedRequest")


def test_json_of_another_shape_is_422(sample: httpx2.Client) -> None:
    for body in ("[]", "5", "null", '"text"'):
        response = sample.post("/echo/x", content=body, headers={"Content-Type": "application/json"})
        problem(response, 422, "InvalidInput")


def test_json_nested_too_deep_is_rejected(sample: httpx2.Client) -> None:
    body = '{"name":' + "[" * 100_000 + "]" * 100_000 + "}"
    response = sample.post("/echo/x", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_missing_body_is_not_an_empty_object(sample: httpx2.Client) -> None:
    for content in (b"", b" \n"):
        response = sample.post("/echo/x", content=content, headers={"Content-Type": "application/json"})
        assert [error["path"] for error in problem(response, 422, "InvalidInput")["errors"]] == ["body"]
    document = problem(sample.post("/echo/x", json={}), 422, "InvalidInput")
    assert document["detail"] == "body.name: Field required"


def test_a_body_over_the_limit_is_413(sample: httpx2.Client) -> None:
    json_type = {"Content-Type": "application/json"}
    problem(sample.post("/echo/x", content=b" " * 1_000_001, headers=json_type), 413, "PayloadTooLarge")
    assert sample.post("/raw", content=b" " * 2_000_000, headers=json_type).json() == {"bytes": 2_000_000}
    problem(sample.post("/raw", content=b" " * 2_000_001, headers=json_type), 413, "PayloadTooLarge")


def test_a_response_over_the_limit_is_500(sample: httpx2.Client) -> None:
    assert len(sample.get("/large", params={"size": 3_999_000}).content) > 3_999_000
    problem(sample.get("/large", params={"size": 4_000_000}), 500, "InternalError")


def test_another_media_type_is_415(sample: httpx2.Client) -> None:
    response = sample.post("/echo/x", content=b"name=x", headers={"Content-Type": "text/csv"})
    problem(response, 415, "UnsupportedMediaType")


def test_other_methods(sample: httpx2.Client) -> None:
    problem(sample.post("/who"), 405, "MethodNotAllowed")
    response = sample.post("/drafts/x")
    problem(response, 405, "MethodNotAllowed")
    assert response.headers["allow"] == "DELETE, GET, HEAD, PATCH, PUT"


def test_a_query_is_validated(sample: httpx2.Client) -> None:
    for query, path in (
        ("", "query.size"),
        ("size=x", "query.size"),
        ("size=1&colour=red", "query.colour"),
        ("size=1&size=2", "query.size"),
    ):
        document = problem(sample.get(f"/large?{query}"), 422, "InvalidInput")
        assert document["errors"][0]["path"] == path


def test_an_unexpected_error_hides_its_cause(sample: httpx2.Client) -> None:
    assert problem(sample.get("/fail/cake"), 404, "NotFound")["detail"] == "no cake"
    response = sample.get("/fail/bug")
    problem(response, 500, "InternalError")
    assert "hunter2" not in response.text
    assert "ValueError" not in response.text


def test_throttling_returns_retry_after(sample: httpx2.Client) -> None:
    response = sample.get("/fail/throttled")
    problem(response, 503, "Unavailable")
    assert int(response.headers["retry-after"]) >= 1


def test_a_204_has_no_body(sample: httpx2.Client) -> None:
    response = sample.delete("/drafts/x")
    assert (response.status_code, response.content) == (204, b"")


def test_a_matching_etag_returns_304(sample: httpx2.Client) -> None:
    sample_app.drafts["x"] = Draft(text="a", version=7)
    first = sample.get("/drafts/x")
    assert first.headers["etag"] == '"7"'
    for given in ('"7"', 'W/"7"', '"6", "7"', "*"):
        second_response = sample.get("/drafts/x", headers={"If-None-Match": given})
        assert (second_response.status_code, second_response.content, second_response.headers["etag"]) == (
            304,
            b"",
            '"7"',
        ), given
    assert sample.get("/drafts/x", headers={"If-None-Match": '"6"'}).json() == {"text": "a", "version": 7}


def test_head_has_the_headers_of_get(sample: httpx2.Client) -> None:
    sample_app.drafts["x"] = Draft(text="a", version=7)
    head = sample.head("/drafts/x")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", '"7"')
    assert sample.head("/drafts/x", headers={"If-None-Match": '"7"'}).status_code == 304


def test_a_change_requires_the_current_etag(sample: httpx2.Client) -> None:
    sample_app.drafts["x"] = Draft(text="a", version=7)
    problem(sample.put("/drafts/x", json={"text": "b"}), 428, "PreconditionRequired")
    problem(sample.put("/drafts/x", json={"text": "b"}, headers={"If-Match": '"6"'}), 412, "PreconditionFailed")
    response = sample.put("/drafts/x", json={"text": "b"}, headers={"If-Match": '"7"'})
    assert (response.json(), response.headers["etag"]) == ({"text": "b", "version": 8}, '"8"')
    problem(sample.put("/drafts/x", json={"text": "c"}, headers={"If-Match": '"7"'}), 412, "PreconditionFailed")


@pytest.mark.parametrize("path", ["/notes", "/charges"])
def test_the_same_key_and_body_replay_the_response(sample: httpx2.Client, path: str) -> None:
    key = {"Idempotency-Key": "k1"}
    first = sample.post(path, json=NOTE, headers=key)
    assert first.status_code == 201
    assert "idempotency-replayed" not in first.headers
    for _ in range(2):
        second_response = sample.post(path, json=NOTE, headers=key)
        assert (second_response.status_code, second_response.json()) == (201, first.json())
        assert second_response.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("path", ["/notes", "/charges"])
def test_the_same_key_with_another_body_is_refused(sample: httpx2.Client, path: str) -> None:
    key = {"Idempotency-Key": "k1"}
    sample.post(path, json=NOTE, headers=key)
    problem(sample.post(path, json={"name": "second"}, headers=key), 409, "IdempotencyConflict")


def test_a_key_belongs_to_its_sender_and_route(sample: httpx2.Client) -> None:
    key = {"Idempotency-Key": "k1"}
    first = sample.post("/notes", json=NOTE, headers=key)
    problem(sample.post("/notes", json=NOTE, headers=key | member_headers("bob")), 409, "NameTaken")
    other = sample.post("/notes", json={"name": "bob's"}, headers=key | member_headers("bob"))
    charge = sample.post("/charges", json=NOTE, headers=key)
    assert len({response.json()["id"] for response in (first, other, charge)}) == 3


def test_without_a_key_nothing_is_stored(sample: httpx2.Client) -> None:
    assert sample.post("/notes", json=NOTE).status_code == 201
    problem(sample.post("/notes", json=NOTE), 409, "NameTaken")
    assert list(IdempotencyRecord.scan()) == []


def test_a_key_over_the_limit_is_refused(sample: httpx2.Client) -> None:
    response = sample.post("/notes", json=NOTE, headers={"Idempotency-Key": "k" * 256})
    problem(response, 400, "MalformedRequest")


def test_an_error_is_not_stored(sample: httpx2.Client) -> None:
    existing_id = sample.post("/notes", json=NOTE).json()["id"]
    key = {"Idempotency-Key": "k1"}
    problem(sample.post("/notes", json=NOTE, headers=key), 409, "NameTaken")
    with Transaction() as transaction:
        unique_values.release(transaction, unique_values.value_key("kit", "notes", "name", "first"), existing_id)
    assert sample.post("/notes", json=NOTE, headers=key).status_code == 201


def test_concurrent_requests_with_one_key_run_once(sample: httpx2.Client) -> None:
    def post(_: int) -> httpx2.Response:
        return sample.post("/notes", json=NOTE, headers={"Idempotency-Key": "k1"})

    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(post, range(8)))
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["id"] for response in responses}) == 1
    assert sum("idempotency-replayed" not in response.headers for response in responses) == 1


def test_concurrent_requests_with_one_key_call_the_vendor_once(sample: httpx2.Client) -> None:
    key = {"Idempotency-Key": "k1"}
    sample_app.vendor.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(sample.post, "/charges", json=NOTE, headers=key)
        while not sample_app.charges:
            assert not first.done(), first.result().text
        waiting = sample.post("/charges", json=NOTE, headers=key)
        other = sample.post("/charges", json={"name": "x"}, headers=key)
        sample_app.vendor.set()
        done = first.result()
    problem(waiting, 409, "StillInProgress")
    assert waiting.headers["retry-after"] == "1"
    problem(other, 409, "IdempotencyConflict")
    assert sample.post("/charges", json=NOTE, headers=key).json() == done.json()
    assert sample_app.charges == ["first"]


def test_a_failed_request_can_be_retried(sample: httpx2.Client) -> None:
    key = {"Idempotency-Key": "k1"}
    for failure, status in ((Unavailable("The vendor is down."), 503), (RuntimeError("bug"), 500)):
        sample_app.failures.append(failure)
        assert sample.post("/charges", json=NOTE, headers=key).status_code == status
    assert sample.post("/charges", json=NOTE, headers=key).status_code == 201
    assert sample_app.charges == ["first"] * 3


def test_the_claim_of_a_crashed_request_expires(sample: httpx2.Client) -> None:
    key = {"Idempotency-Key": "k1"}
    sample.post("/charges", json=NOTE, headers=key)
    [record] = IdempotencyRecord.scan()
    past = clock.now() - timedelta(seconds=1)
    actions = [IdempotencyRecord.status.set(IdempotencyStatus.IN_PROGRESS), IdempotencyRecord.response.remove()]
    record.update(actions=[*actions, IdempotencyRecord.in_progress_until.set(past)])
    problem(sample.post("/charges", json={"name": "x"}, headers=key), 409, "IdempotencyConflict")
    assert sample.post("/charges", json=NOTE, headers=key).status_code == 201
    assert len(sample_app.charges) == 2


def test_a_key_expires_after_a_day(sample: httpx2.Client) -> None:
    key = {"Idempotency-Key": "k1"}
    for path in ("/notes", "/charges"):
        sample.post(path, json=NOTE, headers=key)
    for record in IdempotencyRecord.scan():  # TTL deletes late: the row still exists
        record.update(actions=[IdempotencyRecord.expires_epoch.set(clock.now() - timedelta(seconds=1))])
    assert sample.post("/charges", json={"name": "x"}, headers=key).status_code == 201
    assert sample.post("/notes", json={"name": "x"}, headers=key).status_code == 201


@pytest.fixture
def shop() -> str:
    """A shop with seven logs."""
    for number in range(7):
        InstallationLog(
            shop="a.myshopify.com", id=str(number), app="x", event_type=EventType.INSTALL, created_at=clock.now()
        ).save()
    return "/shops/a.myshopify.com/logs"


def test_a_list_is_paginated(sample: httpx2.Client, shop: str) -> None:
    results, cursor, sizes = [], None, []
    while True:
        page = sample.get(shop, params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        results += [item["id"] for item in page["items"]]
        sizes.append(len(page["items"]))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert results == [str(number) for number in range(7)]
    assert sizes == [3, 3, 1]


def test_the_page_size_may_change_between_pages(sample: httpx2.Client, shop: str) -> None:
    cursor = sample.get(shop, params={"limit": 2}).json()["next_cursor"]
    page = sample.get(shop, params={"limit": 100, "cursor": cursor}).json()
    assert [item["id"] for item in page["items"]] == ["2", "3", "4", "5", "6"]
    assert page["next_cursor"] is None


def test_times_end_in_z(sample: httpx2.Client, shop: str) -> None:
    assert sample.get(shop).json()["items"][0]["created_at"].endswith("Z")


def test_cursors_of_another_query_or_caller_are_rejected(sample: httpx2.Client, shop: str) -> None:
    cursor = sample.get(shop, params={"limit": 2}).json()["next_cursor"]
    tampered_cursor = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    for path, request, headers in (
        (shop, {"cursor": tampered_cursor}, {}),
        (shop, {"cursor": cursor[:-2]}, {}),
        (shop, {"cursor": "x"}, {}),
        (shop, {"cursor": ""}, {}),
        (shop, {"cursor": "é.ü.ß"}, {}),
        (shop, {"cursor": cursor, "newest_first": "true"}, {}),
        ("/shops/b.myshopify.com/logs", {"cursor": cursor}, {}),
        (shop, {"cursor": cursor}, member_headers("bob")),
    ):
        document = problem(sample.get(path, params=request, headers=headers), 422, "InvalidInput")
        assert document["errors"] == [{"path": "query.cursor", "message": "not a cursor of this list"}]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5"])
def test_the_page_size_is_limited(sample: httpx2.Client, shop: str, limit: str) -> None:
    problem(sample.get(shop, params={"limit": limit}), 422, "InvalidInput")


def test_an_empty_list_has_no_cursor(sample: httpx2.Client) -> None:
    assert sample.get("/shops/none.myshopify.com/logs").json() == {"items": [], "next_cursor": None}


def test_concurrent_callers_get_their_own_responses(sample: httpx2.Client) -> None:
    def echo(number: int) -> str:
        body = json.dumps({"name": f"n{number}"})
        response = sample.post(f"/echo/{number}", content=body, headers={"Content-Type": "application/json"})
        return f"{response.json()['path']} {response.json()['body']['name']}"

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(echo, range(80))) == [f"{number} n{number}" for number in range(80)]


def test_an_unexpected_error_is_logged_with_its_ids(sample: httpx2.Client, capture_log: CaptureLog) -> None:
    with capture_log("http") as lines:
        response = sample.get("/fail/bug", headers={"X-Correlation-Id": "from-outside"})
    [accident] = [line for line in lines() if line["level"] == "ERROR"]
    assert accident["request_id"] == response.headers["x-request-id"]
    assert accident["correlation_id"] == "from-outside"
    assert accident["exception_name"] == "ValueError"
    assert accident["route"] == "GET /fail/{how}"
