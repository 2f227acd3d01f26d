"""Operator commands, over the stack that the tests have."""

from __future__ import annotations

import argparse

import httpx
import pytest

from chalicelib.kit import auth, aws, messages
from infra.ops import dead_letters, sizes
from infra.ops.__main__ import run


def _send(queue: str, *bodies: str) -> None:
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=messages.queue_url(queue), MessageBody=body)


def _waiting(queue: str) -> int:
    answer = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_minted_token_is_taken_for_whom_it_stands(api: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    run(argparse.Namespace(command="token", role="member", id="someone", minutes=5))
    token = capsys.readouterr().out.strip()
    assert auth.verify(token, auth.Role.MEMBER).id == "someone"
    assert api.get("/v1/billing/subscription", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_dead_letters_are_counted_shown_without_secrets_and_sent_back(capsys: pytest.CaptureFixture[str]) -> None:
    _send("shops-apply-dead", '{"shop": "a.myshopify.com", "email": "her@example.com", "note": "shpat_abc123"}', "x")
    dead_letters.show(None)
    counts = {line.split()[1]: line.split()[0] for line in capsys.readouterr().out.splitlines()}
    assert counts["shops-apply"] == "2"
    dead_letters.show("shops-apply")
    shown = capsys.readouterr().out
    assert "a.myshopify.com" in shown
    assert "her@example.com" not in shown
    assert "shpat_abc123" not in shown
    dead_letters.redrive("shops-apply")
    assert (_waiting("shops-apply"), _waiting("shops-apply-dead")) == (2, 0)


def test_an_unknown_queue_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argparse.Namespace(command="dead-letters", queue="nothing", redrive=True)) == 1
    assert "studio-generate" in capsys.readouterr().err


def test_every_table_and_bucket_has_a_size(capsys: pytest.CaptureFixture[str]) -> None:
    sizes.show()
    lines = capsys.readouterr().out.splitlines()
    assert any("backroom-test-shops-shops" in line for line in lines)
    assert any("backroom-test-images" in line for line in lines)


def test_the_catalogue_is_written_and_synced(capsys: pytest.CaptureFixture[str]) -> None:
    from chalicelib.billing.models import SubscriptionPlan

    assert run(argparse.Namespace(command="sync-plans")) == 0
    assert SubscriptionPlan.get("better_together").stripe_product_id
