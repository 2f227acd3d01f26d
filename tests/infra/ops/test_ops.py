"""Operator commands, over the stack that the tests have."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import termios
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chalicelib.kit import auth, aws, messages
from tests.infra.ops.conftest import Ops, Start
from tests.shops.conftest import listen

__all__ = ["listen"]

Listen = Callable[[str], Callable[[], list[dict[str, Any]]]]
COMMANDS = (
    "active-shops",
    "dead-letters",
    "replay",
    "rotate-secrets",
    "sessions",
    "sizes",
    "sync-plans",
    "timeline",
    "token",
)


def _send(queue: str, *bodies: str) -> None:
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=messages.queue_url(queue), MessageBody=body)


def _waiting(queue: str) -> int:
    response = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(response["Attributes"]["ApproximateNumberOfMessages"])


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda command: "".join(command) or "all")
def test_every_command_explains_itself_on_standard_output(command: list[str], ops: Ops) -> None:
    with pytest.raises(SystemExit) as error:
        ops(*command, "--help")
    assert error.value.code == 0


def test_help_lists_every_command(start: Start) -> None:
    out, err = start("--help").communicate()
    assert all(f" {name} " in out for name in COMMANDS)
    assert err == ""


def test_a_minted_token_is_taken_for_whom_it_stands(api: httpx.Client, ops: Ops) -> None:
    token = ops("token", "member", "someone", "--minutes", "5").out.strip()
    assert auth.verify(token, auth.Role.MEMBER).id == "someone"
    assert api.get("/v1/billing/subscription", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_dead_letters_are_counted_shown_without_secrets_and_sent_back(ops: Ops, listen: Listen) -> None:
    _send(
        "shops-apply_webhook-dead",
        '{"shop": "a.myshopify.com", "email": "her@example.com", "note": "shpat_abc123"}',
        "x",
    )
    counts = {line.split()[1]: line.split()[0] for line in ops("dead-letters").out.splitlines()}
    assert counts["shops-apply_webhook"] == "2"
    output = ops("dead-letters", "shops-apply_webhook").out
    assert "a.myshopify.com" in output
    assert "her@example.com" not in output
    assert "shpat_abc123" not in output
    acts = listen("kit-operator_acted")
    assert (
        ops("dead-letters", "shops-apply_webhook", "--redrive").out == "2 messages moved back to shops-apply_webhook\n"
    )
    assert (_waiting("shops-apply_webhook"), _waiting("shops-apply_webhook-dead")) == (2, 0)
    [act] = acts()
    assert (act["actor"], act["action"], act["subject"]) == (
        f"cli:{getpass.getuser()}",
        "kit.redrive",
        "shops-apply_webhook",
    )


@pytest.mark.parametrize("arguments", [["nothing"], ["nothing", "--redrive"], ["--redrive"]])
def test_an_unknown_queue_is_answered_with_those_there_are(ops: Ops, arguments: list[str]) -> None:
    result = ops("dead-letters", *arguments)
    assert result.code == 1
    assert "studio-generate_preview" in result.err


def test_every_table_and_bucket_has_a_size(ops: Ops) -> None:
    lines = ops("sizes").out.splitlines()
    assert any("backroom-test-shops-shops" in line for line in lines)
    assert any("backroom-test-retention-rule_runs" in line for line in lines)
    assert any("backroom-test-images" in line for line in lines)


def test_a_bar_stands_on_a_terminal_s_standard_error_alone(start: Start) -> None:
    controller_fd, terminal_fd = os.openpty()
    termios.tcsetwinsize(terminal_fd, (24, 100))
    with os.fdopen(controller_fd, "rb", buffering=0) as terminal:
        process = start("sizes", stderr=terminal_fd)
        os.close(terminal_fd)
        out, _ = process.communicate()
        output = terminal.read(4096).decode()
    assert " objects" in output
    assert "\r" in output
    assert "\r" not in out
    assert "backroom-test-shops-shops" in out


def test_whoever_has_seen_enough_closes_the_pipe(start: Start) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = start("sizes", stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    _, err = process.communicate()
    assert (process.returncode, err) == (141, "")


@pytest.mark.parametrize("command", [["sizes"], ["active-shops", "--app", "studio"]], ids=" ".join)
def test_a_stack_that_is_not_there_is_said_in_a_line(start: Start, command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    process = start(*command, env=os.environ | {"AWS_ENDPOINT_URL": nobody})
    out, err = process.communicate()
    assert process.returncode == 1
    assert out == ""
    assert err == f"backroom: {nobody} does not answer; `make run` starts the local stack\n"


def test_the_catalogue_is_written_and_synced(ops: Ops) -> None:
    from chalicelib.billing.models import SubscriptionPlan

    assert ops("sync-plans").code == 0
    assert SubscriptionPlan.get("better_together").stripe_product_id
