"""The AsyncAPI document of the topics."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from chalicelib.shops.schemas.orders import OrderPaid
from infra.deploy import handlers
from tests.kit.test_openapi import references


@pytest.fixture
def document(api: httpx2.Client) -> dict[str, Any]:
    answer: dict[str, Any] = api.get("/asyncapi.json").json()
    return answer


def _resolved(document: dict[str, Any], reference: str) -> Any:
    value: Any = document
    for part in reference.removeprefix("#/").split("/"):
        value = value[part]
    return value


def test_every_topic_is_a_channel_and_every_reference_resolves(document: dict[str, Any]) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert list(document["channels"]) == handlers.topics()
    for reference in references(document):
        assert _resolved(document, reference) is not None


def test_every_subscription_of_a_queue_is_a_receive_operation(document: dict[str, Any]) -> None:
    received = {
        (name.partition("_receives_")[0], operation["channel"]["$ref"].rsplit("/", 1)[-1])
        for name, operation in document["operations"].items()
        if operation["action"] == "receive"
    }
    assert received == {(each.queue, topic) for each in handlers.consumers() for topic in each.topics}


def test_a_published_message_fits_its_schema(document: dict[str, Any]) -> None:
    channel = document["channels"]["shops-order_paid"]
    message = _resolved(document, channel["messages"]["OrderPaid"]["$ref"])
    schema = _resolved(document, message["payload"]["$ref"])
    assert set(schema["properties"]) == set(OrderPaid.model_fields)
    assert message["headers"]["properties"]["message_name"]["const"] == "OrderPaid"
    assert document["operations"]["publish_shops-order_paid"]["summary"] == "shops publishes OrderPaid"
    assert "at least once" in document["info"]["description"]
