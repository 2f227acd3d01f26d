"""Operator actions are logged and published."""

from __future__ import annotations

import logging

import pytest

from chalicelib.kit import audit, config, logs
from chalicelib.kit.auth import Account, Role
from tests.kit.conftest import CaptureLog


def test_an_action_is_logged_with_its_request_id(capture_log: CaptureLog, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, f"{config.settings().namespace}.kit")
    with capture_log("kit") as lines, logs.bound(correlation_id="c-1"):
        audit.publish_operator_action(
            Account(Role.OPERATOR, "op"), "shops.replay_delivery", "d-1", shop="a.myshopify.com"
        )
    [line] = [line for line in lines() if line["message"] == "operator action published"]
    fields = {name: line[name] for name in ("actor", "action", "about", "shop", "correlation_id")}
    assert fields == {
        "actor": "op",
        "action": "shops.replay_delivery",
        "about": "d-1",
        "shop": "a.myshopify.com",
        "correlation_id": "c-1",
    }


def test_an_operator_action_about_an_erased_subject_is_not_dropped() -> None:
    message = audit.OperatorActed(actor="op", action="shops.replay_delivery", subject="shop:a.myshopify.com")
    assert message.subjects() == ()
