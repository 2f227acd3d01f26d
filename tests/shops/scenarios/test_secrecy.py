"""No secret appears in any log, error, message or export during the life cycle of a shop."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from chalicelib.integrations import storage
from chalicelib.kit import aws, config, messages, secrets, signing
from chalicelib.shops.models import Session, Shop, WebhookDelivery
from chalicelib.shops.repository import tokens
from chalicelib.shops.schemas.messages import RegistrationRequested, ShopInstalled
from infra.deploy import handlers
from infra.local import delivery
from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox
from tests.shops.conftest import install
from tests.shops.scenarios.secret_scanner import Secrets, SecretScanner
from tests.shops.scenarios.shop_walk import CUSTOMER, OWNER, POISON, ShopWalk, run_command, run_life_cycle, uninstall

Listen = Callable[..., Callable[[], list[dict[str, Any]]]]

ALLOWED = {
    ("state", "redirect"): "the browser carries it to Shopify, which sends it back",
    ("cookie", "cookie"): "the browser keeps it; it ties the installation to this browser",
    ("customer", "row"): "the payload of a delivery is stored for 30 days",
    ("customer", "object"): "the same, where it is large",
    ("owner", "row"): "the same, and the shop's own row",
    ("owner", "export"): "operators look up the address of the owner",
    ("owner", "answer"): "the same, over HTTP",
    ("poison", "message"): "put there by the test",
    ("poison", "dead letter"): "the same",
}
"""The kinds of secrets that may appear in a channel, and why."""

LOG_LINES = (
    "app installed",
    "tokens deleted: Shopify revoked them",
    "token not decrypted",
    "token not refreshed: Shopify refuses our app",
    "webhook payload invalid",
    "message failed",
    "request failed",
    "operator action published",
)
"""Log lines that prove that the life cycle reached these cases."""


@pytest.fixture
def known_secrets(shopify: ShopifySandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """Every secret: our own, and those that Shopify issues from now on."""
    all_secrets = Secrets()
    all_secrets.add("client_secret", *(app.secret for app in SANDBOX_APPS.values()))
    all_secrets.add("stripe_secret", os.environ["STRIPE_SECRET_KEY"], os.environ["STRIPE_WEBHOOK_SECRET"])
    all_secrets.add("signing_key", *signing._keys().values(), *(key.decode() for key in signing._keys().values()))
    for purpose in ("shops-install", "access-token", "cursor"):
        all_secrets.add("signing_key", *signing.keys(purpose).values())
    key_file = json.loads(Path(os.environ["SECRETS_KEY_FILE"]).read_text())
    all_secrets.add("sealing_key", *key_file["keys"].values(), *secrets._key_file()[1].values())
    for kind, person in (("customer", CUSTOMER), ("owner", OWNER), ("poison", POISON)):
        all_secrets.add(kind, *person.values())
    monkeypatch.setattr(shopify, "answer", all_secrets.watch_shopify(shopify.answer))
    yield all_secrets
    shopify.fail_next(0)
    shopify.fail_next(0, endpoint="token")
    shopify.lose_answers(0)


@pytest.fixture
def scanner(api: httpx2.Client, known_secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretScanner]:
    scanner = SecretScanner()
    scanner.record_responses(api, known_secrets)
    monkeypatch.setattr(delivery, "receive", scanner.record_queues(delivery.receive))
    with scanner.record_logs():
        yield scanner


def record_rest(
    scanner: SecretScanner, capfd: pytest.CaptureFixture[str], read_messages: Callable[[], list[dict[str, Any]]]
) -> None:
    """Record the channels that are not recorded continuously."""
    scanner.add("stdout", *capfd.readouterr())
    scanner.add("message", *(json.dumps(message) for message in read_messages()))
    scanner.add("error", *(row.error_message for row in WebhookDelivery.scan() if row.error_message))
    scanner.record_stores(handlers.consumers())


@pytest.mark.parametrize("app", sorted(SANDBOX_APPS))
def test_no_channel_leaks_a_secret(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    shop: str,
    app: str,
    scanner: SecretScanner,
    known_secrets: Secrets,
    listen: Listen,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_messages = listen(*handlers.topics())
    walk = ShopWalk(api, shopify, app, shop, scanner)
    run_life_cycle(walk, known_secrets, monkeypatch)
    encrypted = {
        value
        for row in (*Shop.scan(), *Session.scan())
        for name in ("access_token", "refresh_token")
        if (value := getattr(row, name, None))
    }
    record_rest(scanner, capfd, read_messages)  # before the shop is erased
    uninstall(walk)
    record_rest(scanner, capfd, read_messages)

    assert encrypted
    assert all(value.startswith("file:k") for value in encrypted)
    kinds = ("access_token", "refresh_token", "code", "client_secret", "session_token", "state", "cookie", "hmac")
    assert all(known_secrets.by_kind[kind] for kind in kinds)
    channels = ("raw log", "log", "error", "answer", "redirect", "cookie", "message", "export", "row", "object")
    assert all(any(scanner.texts[channel]) for channel in (*channels, "dead letter"))
    lines = "\n".join(scanner.texts["log"])
    assert [text for text in LOG_LINES if text not in lines] == []
    leaks = scanner.find(known_secrets.by_kind, ALLOWED)
    assert not leaks, "\n".join(leaks)


def leak_in_log(walk: ShopWalk, secret: str) -> None:
    logging.getLogger(f"{config.settings().namespace}.shops").debug("a fact", extra={"fact": [secret]})


def leak_in_exception(walk: ShopWalk, secret: str) -> None:
    try:
        try:
            raise ValueError(secret)
        except ValueError as error:
            raise RuntimeError from error
    except RuntimeError:
        logging.getLogger("some.library").exception("failed")


def leak_in_message(walk: ShopWalk, secret: str) -> None:
    messages.publish(ShopInstalled(shop=walk.shop, app=secret, event="install"))


def leak_in_job(walk: ShopWalk, secret: str) -> None:
    messages.publish(RegistrationRequested(shop=f"{secret}.myshopify.com", app=walk.app))
    walk.handle_messages()


def leak_in_dead_letter(walk: ShopWalk, secret: str) -> None:
    aws.client("sqs").send_message(
        QueueUrl=messages.queue_url("shops-apply_webhook-dead"), MessageBody=json.dumps([secret])
    )


def leak_in_row(walk: ShopWalk, secret: str) -> None:
    Shop(walk.shop, walk.app).update([Shop.plan_name.set(f"plan {secret}")])


def leak_in_response(walk: ShopWalk, secret: str) -> None:
    leak_in_row(walk, secret)
    walk.call(200, "GET", "/v1/shops/me", headers=walk.as_merchant())


def leak_in_export(walk: ShopWalk, secret: str) -> None:
    leak_in_row(walk, secret)
    walk.scanner.add("export", run_command("active-shops", "--app", walk.app))


def leak_in_object(walk: ShopWalk, secret: str) -> None:
    url = storage.address(config.settings().images_bucket, "payloads/shops/x.json")
    storage.put(url, base64.b64encode(f"user:{secret}".encode()), "text/plain")


def leak_in_stdout(walk: ShopWalk, secret: str) -> None:
    print(f"token={secret}")


@pytest.mark.parametrize(
    ("leak", "channels"),
    [
        (leak_in_log, {"raw log", "log"}),
        (leak_in_exception, {"raw log"}),
        (leak_in_message, {"message"}),
        (leak_in_job, {"message", "raw log", "log"}),
        (leak_in_dead_letter, {"dead letter"}),
        (leak_in_row, {"row"}),
        (leak_in_response, {"row", "answer"}),
        (leak_in_export, {"row", "export"}),
        (leak_in_object, {"object"}),
        (leak_in_stdout, {"stdout"}),
    ],
)
def test_a_secret_in_any_channel_is_found(
    api: httpx2.Client,
    shopify: ShopifySandbox,
    shop: str,
    scanner: SecretScanner,
    known_secrets: Secrets,
    listen: Listen,
    capfd: pytest.CaptureFixture[str],
    leak: Callable[[ShopWalk, str], None],
    channels: set[str],
) -> None:
    """Prove that the test above can fail: a planted secret is found in its channel."""
    read_messages = listen(*handlers.topics())
    walk = ShopWalk(api, shopify, "studio", shop, scanner)
    install(api, "studio", shop)
    secret = "a-planted-secret-0123456789"
    known_secrets.add("planted", secret)
    leak(walk, secret)
    record_rest(scanner, capfd, read_messages)
    leaks = scanner.find(known_secrets.by_kind, ALLOWED)
    assert {each.partition(": ")[0] for each in leaks} == {f"planted in {channel}" for channel in channels}


def test_tokens_and_codes_from_shopify_are_known_secrets(
    api: httpx2.Client, shopify: ShopifySandbox, shop: str, known_secrets: Secrets
) -> None:
    install(api, "studio", shop)
    row = Shop.get(shop, "studio")
    assert tokens.decrypt_access_token(row) in known_secrets.by_kind["access_token"]
    assert tokens.decrypt_refresh_token(row) in known_secrets.by_kind["refresh_token"]
    assert known_secrets.by_kind["code"]
