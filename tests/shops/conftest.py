"""Fixtures of the shops tests: a unique shop, an installation, a subscriber to topics."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import aws, messages
from infra.sandbox.shopify import ShopifySandbox


@pytest.fixture
def shop() -> str:
    """Return a shop domain that no other test uses, because the sandbox keeps its state."""
    return f"shop-{uuid.uuid4().hex[:10]}.myshopify.com"


def oauth_callback(api: httpx2.Client, app: str, shop: str) -> httpx2.URL:
    """Start an installation, grant the scopes, and return the path and query of the OAuth callback."""
    start_response = api.get(f"/shopify/{app}/auth", params={"shop": shop})
    assert start_response.status_code == 302, start_response.text
    consent_response = httpx2.get(start_response.headers["location"])
    assert consent_response.status_code == 302, consent_response.text
    callback = httpx2.URL(consent_response.headers["location"])
    return httpx2.URL(path=callback.path, query=callback.query)


def install(api: httpx2.Client, app: str, shop: str) -> httpx2.Response:
    """Install the app as a browser does; return the last response."""
    return api.get(oauth_callback(api, app, shop))


@pytest.fixture
def installed_shop(api: httpx2.Client, shopify: ShopifySandbox, shop: str) -> str:
    """Return the domain of a shop with `studio` installed."""
    assert install(api, "studio", shop).status_code == 302
    return shop


def forget_messages(queue: str) -> None:
    """Delete the messages of a queue, as if a crash had prevented their publication."""
    url = messages.queue_url(queue)
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def message_counts(queue: str) -> tuple[int, int]:
    """Return the number of visible and of delayed messages of a queue."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    response = aws.client("sqs").get_queue_attributes(QueueUrl=messages.queue_url(queue), AttributeNames=names)
    return int(response["Attributes"][names[0]]), int(response["Attributes"][names[1]])


@pytest.fixture
def bearer(shopify: ShopifySandbox) -> Callable[..., dict[str, str]]:
    """Return a factory of a merchant's request headers."""

    def headers(shop: str, app: str = "studio", **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {shopify.session_token(app, shop, **claims)}"}

    return headers


@pytest.fixture
def listen() -> Callable[..., Callable[[], list[dict[str, Any]]]]:
    """Subscribe to topics as another context does; the returned function reads the messages since its last call."""

    def subscribe(*topics: str) -> Callable[[], list[dict[str, Any]]]:
        sqs, sns = aws.client("sqs"), aws.client("sns")
        url = sqs.create_queue(QueueName=f"ears-{uuid.uuid4().hex[:10]}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        may_send = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        for topic in topics:
            sns.subscribe(
                TopicArn=messages.topic_arn(topic),
                Protocol="sqs",
                Endpoint=arn,
                Attributes={"RawMessageDelivery": "true"},
            )

        def read_messages() -> list[dict[str, Any]]:
            results: list[dict[str, Any]] = []
            while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                for message in batch:
                    results.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return results

        return read_messages

    return subscribe
