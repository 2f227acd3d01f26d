"""Dead letters, sizes and the console's page over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, aws, config, messages
from chalicelib.kit.auth import Role
from chalicelib.operator.service import bucket_sizes, dead_letters
from tests.shops.conftest import listen

__all__ = ["listen"]

QUEUE = "shops-apply_webhook"
Listen = Callable[[str], Callable[[], list[dict[str, Any]]]]


@pytest.fixture
def operator(api: httpx2.Client) -> httpx2.Client:
    """A client that signs in as an operator."""
    api.headers["Authorization"] = f"Bearer {auth.mint(Role.OPERATOR, 'op')}"
    return api


def send_dead_letters(count: int) -> None:
    for number in range(count):
        aws.client("sqs").send_message(
            QueueUrl=messages.queue_url(f"{QUEUE}-dead"),
            MessageBody=f'{{"shop": "a.myshopify.com", "email": "her@example.com", "number": {number}}}',
            MessageAttributes=messages.name_attribute("WebhookReceived"),
        )


def test_dead_letters_are_counted_and_shown_masked(operator: httpx2.Client) -> None:
    send_dead_letters(2)
    counts = {row["queue"]: row["dead_letters"] for row in operator.get("/v1/operator/dead-letters").json()["items"]}
    assert counts[QUEUE] == 2
    assert sum(counts.values()) == 2
    response = operator.get(f"/v1/operator/dead-letters/{QUEUE}")
    letters = response.json()["items"]
    assert [row["name"] for row in letters] == ["WebhookReceived", "WebhookReceived"]
    assert "a.myshopify.com" in letters[0]["body"]
    assert "her@example.com" not in response.text
    assert operator.get("/v1/operator/dead-letters").json()["items"]


def test_dead_letters_are_moved_back_with_their_name(
    operator: httpx2.Client, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead_letters, "MOST_MOVED", 2)
    acts = listen("kit-operator_acted")
    send_dead_letters(3)
    url = f"/v1/operator/dead-letters/{QUEUE}/redrive"
    assert operator.post(url, json={}).json()["moved"] == 2
    [act] = acts()
    assert (act["actor"], act["action"], act["subject"]) == ("op", "kit.redrive", QUEUE)
    assert act["detail"] == {"moved": "2"}
    answer = aws.client("sqs").receive_message(
        QueueUrl=messages.queue_url(QUEUE), MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    assert [row["MessageAttributes"][messages.NAME_ATTRIBUTE]["StringValue"] for row in answer["Messages"]] == [
        "WebhookReceived",
        "WebhookReceived",
    ]


@pytest.mark.parametrize("queue", ["nothing", f"{QUEUE}-dead"])
def test_an_unknown_queue_is_not_found(operator: httpx2.Client, queue: str) -> None:
    for method, path in (("GET", queue), ("POST", f"{queue}/redrive")):
        response = operator.request(method, f"/v1/operator/dead-letters/{path}")
        assert (response.status_code, response.json()["code"]) == (404, "QueueNotFound")


def test_a_bucket_is_measured_part_by_part(operator: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    s3, bucket = aws.client("s3"), config.settings().images_bucket
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"x/{number:04}", Body=b"four")
    monkeypatch.setattr(bucket_sizes, "MOST_LISTINGS", 2)
    monkeypatch.setattr(bucket_sizes, "PAGE_OBJECTS", 2)
    first = operator.get("/v1/operator/buckets/images").json()
    assert (first["bucket"], first["objects"], first["bytes"]) == (bucket, 4, 16)
    rest = operator.get("/v1/operator/buckets/images", params={"cursor": first["next_cursor"]}).json()
    assert (rest["objects"], rest["bytes"], rest["next_cursor"]) == (1, 4, None)
    other = operator.get("/v1/operator/buckets/archive", params={"cursor": first["next_cursor"]})
    assert other.status_code == 422  # a cursor belongs to its bucket
    assert operator.get("/v1/operator/buckets/archive").json()["objects"] == 0
    assert operator.get("/v1/operator/buckets/other").json()["code"] == "BucketNotFound"


def test_the_console_has_no_data_and_nobody_may_frame_it(api: httpx2.Client) -> None:
    response = api.get("/operator/app")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["strict-transport-security"]
    assert response.headers["referrer-policy"]
    assert "eyJ" not in response.text


def test_the_front_door_signs_in_on_this_machine_only(api: httpx2.Client) -> None:
    page = api.get("/").text
    tokens = [part.partition('"')[0] for part in page.split('data-token="')[1:]]
    assert [auth.verify(token, Role.OPERATOR, Role.SUPPORT).role for token in tokens] == [
        Role.OPERATOR,
        Role.OPERATOR,
        Role.SUPPORT,
    ]
    for headers in ({"Host": "tunnel.example.com"}, {"X-Forwarded-For": "203.0.113.7"}):
        assert 'data-token="' not in api.get("/", headers=headers).text
