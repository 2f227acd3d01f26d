"""Operator commands on the stack of the tests."""

from __future__ import annotations

import getpass
import os
import socket
import subprocess
import termios
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, aws, messages
from tests.infra.ops.conftest import Ops, Start
from tests.shops.conftest import listen

__all__ = ["listen"]

Listen = Callable[[str], Callable[[], list[dict[str, Any]]]]
COMMANDS = (
    "active-shops",
    "check",
    "dead-letters",
    "exchange-rates",
    "import-events",
    "recompute",
    "replay",
    "rotate-secrets",
    "sessions",
    "sizes",
    "staff",
    "sync-plans",
    "timeline",
    "token",
)


def _send(queue: str, *bodies: str) -> None:
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=messages.queue_url(queue), MessageBody=body)


def _message_count(queue: str) -> int:
    response = aws.client("sqs").get_queue_attributes(
        QueueUrl=messages.queue_url(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(response["Attributes"]["ApproximateNumberOfMessages"])


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda command: "".join(command) or "all")
def test_every_command_prints_its_help(command: list[str], ops: Ops) -> None:
    with pytest.raises(SystemExit) as error:
        ops(*command, "--help")
    assert error.value.code == 0


def test_help_lists_every_command(start: Start) -> None:
    out, err = start("--help").communicate()
    assert all(f" {name} " in out for name in COMMANDS)
    assert err == ""


def test_a_minted_token_identifies_its_operator(api: httpx2.Client, ops: Ops) -> None:
    token = ops("token", "member", "someone", "--minutes", "5").out.strip()
    assert auth.verify(token, auth.Role.MEMBER).id == "someone"
    assert api.get("/v1/billing/subscription", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_dead_letters_are_counted_masked_and_redriven(ops: Ops, listen: Listen) -> None:
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
    assert (_message_count("shops-apply_webhook"), _message_count("shops-apply_webhook-dead")) == (2, 0)
    [act] = acts()
    assert (act["actor"], act["action"], act["subject"]) == (
        f"cli:{getpass.getuser()}",
        "kit.redrive",
        "shops-apply_webhook",
    )


@pytest.mark.parametrize("arguments", [["nothing"], ["nothing", "--redrive"], ["--redrive"]])
def test_an_unknown_queue_lists_the_known_ones(ops: Ops, arguments: list[str]) -> None:
    result = ops("dead-letters", *arguments)
    assert result.code == 1
    assert "studio-generate_preview" in result.err


def test_every_table_and_bucket_has_a_size(ops: Ops) -> None:
    lines = ops("sizes").out.splitlines()
    assert any("backroom-test-shops-shops" in line for line in lines)
    assert any("backroom-test-retention-rule_runs" in line for line in lines)
    assert any("backroom-test-images-000000000000-us-east-1" in line for line in lines)


def test_a_progress_bar_appears_only_on_a_terminal(start: Start) -> None:
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


def test_a_closed_pipe_ends_the_command_quietly(start: Start) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = start("sizes", stdout=write_end, stderr=subprocess.PIPE)
    os.close(write_end)
    _, err = process.communicate()
    assert (process.returncode, err) == (141, "")


@pytest.mark.parametrize("command", [["sizes"], ["active-shops", "--app", "studio"]], ids=" ".join)
def test_a_stopped_stack_is_reported_in_one_line(start: Start, command: list[str]) -> None:
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
