"""Both spellings of webhook topics."""

from __future__ import annotations

import pytest

from chalicelib.shops import apps
from chalicelib.shops.webhook_topics import COMPLIANCE_TOPICS, canonical_topic, topic_enum


@pytest.mark.parametrize("topic", sorted({*COMPLIANCE_TOPICS, *(each for app in apps.TOPICS.values() for each in app)}))
def test_every_topic_is_known_in_both_spellings(topic: str) -> None:
    assert {canonical_topic(each) for each in (topic, topic.upper(), topic_enum(topic), topic_enum(topic).lower())} == {
        topic
    }


def test_an_unknown_topic_is_converted_to_lower_case() -> None:
    assert canonical_topic("Inventory_Items/Create") == "inventory_items/create"
