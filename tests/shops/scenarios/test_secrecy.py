"""Nothing secret in any log, error, message or export: the whole life of a shop is walked under a net."""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
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
from tests.shops.scenarios.secret_scanner import Net, Secrets
from tests.shops.scenarios.shop_walk import CUSTOMER, OWNER, POISON, Walk, leave, live, run_command

Listen = Callable[..., Callable[[], list[dict[str, Any]]]]

ALLOWED = {
    ("state", "redirect"): "the browser carries it to Shopify, which sends it back",
    ("cookie", "cookie"): "the browser keeps it; it ties the installation to this browser",
    ("customer", "row"): "a delivery is on record for 30 days, as it came",
    ("customer", "object"): "the same, where it is large",
    ("owner", "row"): "the same, and the shop's own row",
    ("owner", "export"): "operators look up whom to write to",
    ("owner", "answer"): "the same, over HTTP",
    ("poison", "message"): "put there by the test",
    ("poison", "dead letter"): "the same",
}
"""What may be seen where, and why."""

LOGGED = (
    "app installed",
    "tokens deleted: Shopify revoked them",
    "token not decrypted",
    "token not refreshed: Shopify refuses our app",
    "webhook payload invalid",
    "message failed",
    "request failed",
    "operator action published",
)
"""What the log must have said, lest the walk should pass by what it is about."""


@pytest.fixture
def known(shopify: ShopifySandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secrets]:
    """Every secret: our own, and those that Shopify gives out from now on."""
    secrets_ = Secrets()
    secrets_.add("client_secret", *(app.secret for app in SANDBOX_APPS.values()))
    secrets_.add("stripe_secret", os.environ["STRIPE_SECRET_KEY"], os.environ["STRIPE_WEBHOOK_SECRET"])
    secrets_.add("signing_key", *signing._keys().values(), *(key.decode() for key in signing._keys().values()))
    for purpose in ("shops-install", "access-token", "cursor"):
        secrets_.add("signing_key", *signing.keys(purpose).values())
    key_file = json.loads(Path(os.environ["SECRETS_KEY_FILE"]).read_text())
    secrets_.add("sealing_key", *key_file["keys"].values(), *secrets._key_file()[1].values())
    for kind, person in (("customer", CUSTOMER), ("owner", OWNER), ("poison", POISON)):
        secrets_.add(kind, *person.values())
    monkeypatch.setattr(shopify, "answer", secrets_.watch_shopify(shopify.answer))
    yield secrets_
    shopify.fail_next(0)
    shopify.fail_next(0, endpoint="token")
    shopify.lose_answers(0)


@pytest.fixture
def net(api: httpx.Client, known: Secrets, monkeypatch: pytest.MonkeyPatch) -> Iterator[Net]:
    net = Net()
    net.over_answers(api, known)
    monkeypatch.setattr(delivery, "receive", net.over_queues(delivery.receive))
    with net.over_logs():
        yield net


def haul_in(net: Net, capfd: pytest.CaptureFixture[str], heard: Callable[[], list[dict[str, Any]]]) -> None:
    """What is not caught while it passes."""
    net.add("stdout", *capfd.readouterr())
    net.add("message", *(json.dumps(message) for message in heard()))
    net.add("error", *(row.error_message for row in WebhookDelivery.scan() if row.error_message))
    net.haul_in_stores(handlers.consumers())


@pytest.mark.parametrize("app", sorted(SANDBOX_APPS))
def test_a_whole_life(
    api: httpx.Client,
    shopify: ShopifySandbox,
    shop: str,
    app: str,
    net: Net,
    known: Secrets,
    listen: Listen,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_messages = listen(*handlers.topics())
    walk = Walk(api, shopify, app, shop, net)
    live(walk, known, monkeypatch)
    sealed = {
        value
        for row in (*Shop.scan(), *Session.scan())
        for name in ("access_token", "refresh_token")
        if (value := getattr(row, name, None))
    }
    haul_in(net, capfd, read_messages)  # in the end the shop is erased
    leave(walk)
    haul_in(net, capfd, read_messages)

    assert sealed
    assert all(value.startswith("file:k") for value in sealed)
    kinds = ("access_token", "refresh_token", "code", "client_secret", "session_token", "state", "cookie", "hmac")
    assert all(known.known[kind] for kind in kinds)
    doors = ("raw log", "log", "error", "answer", "redirect", "cookie", "message", "export", "row", "object")
    assert all(any(net.caught[door]) for door in (*doors, "dead letter"))
    lines = "\n".join(net.caught["log"])
    assert [text for text in LOGGED if text not in lines] == []
    leaks = net.find(known.known, ALLOWED)
    assert not leaks, "\n".join(leaks)


def in_a_log(walk: Walk, secret: str) -> None:
    logging.getLogger(f"{config.settings().namespace}.shops").debug("a fact", extra={"fact": [secret]})


def in_an_exception(walk: Walk, secret: str) -> None:
    try:
        try:
            raise ValueError(secret)
        except ValueError as error:
            raise RuntimeError from error
    except RuntimeError:
        logging.getLogger("some.library").exception("failed")


def in_a_message(walk: Walk, secret: str) -> None:
    messages.publish(ShopInstalled(shop=walk.shop, app=secret, event="install"))


def in_a_job(walk: Walk, secret: str) -> None:
    messages.publish(RegistrationRequested(shop=f"{secret}.myshopify.com", app=walk.app))
    walk.work()


def in_a_dead_letter(walk: Walk, secret: str) -> None:
    aws.client("sqs").send_message(
        QueueUrl=messages.queue_url("shops-apply_webhook-dead"), MessageBody=json.dumps([secret])
    )


def in_a_row(walk: Walk, secret: str) -> None:
    Shop(walk.shop, walk.app).update([Shop.plan_name.set(f"plan {secret}")])


def in_an_answer(walk: Walk, secret: str) -> None:
    in_a_row(walk, secret)
    walk.call(200, "GET", "/v1/shops/me", headers=walk.as_merchant())


def in_an_export(walk: Walk, secret: str) -> None:
    in_a_row(walk, secret)
    walk.net.add("export", run_command("active-shops", "--app", walk.app))


def in_an_object(walk: Walk, secret: str) -> None:
    url = storage.address(config.settings().images_bucket, "payloads/shops/x.json")
    storage.put(url, base64.b64encode(f"user:{secret}".encode()), "text/plain")


def in_a_print(walk: Walk, secret: str) -> None:
    print(f"token={secret}")


@pytest.mark.parametrize(
    ("plant", "doors"),
    [
        (in_a_log, {"raw log", "log"}),
        (in_an_exception, {"raw log"}),
        (in_a_message, {"message"}),
        (in_a_job, {"message", "raw log", "log"}),
        (in_a_dead_letter, {"dead letter"}),
        (in_a_row, {"row"}),
        (in_an_answer, {"row", "answer"}),
        (in_an_export, {"row", "export"}),
        (in_an_object, {"object"}),
        (in_a_print, {"stdout"}),
    ],
)
def test_the_net_has_no_hole(
    api: httpx.Client,
    shopify: ShopifySandbox,
    shop: str,
    net: Net,
    known: Secrets,
    listen: Listen,
    capfd: pytest.CaptureFixture[str],
    plant: Callable[[Walk, str], None],
    doors: set[str],
) -> None:
    """Else the walk above could not fail: a secret that is put somewhere is found there."""
    read_messages = listen(*handlers.topics())
    walk = Walk(api, shopify, "studio", shop, net)
    install(api, "studio", shop)
    secret = "a-planted-secret-0123456789"
    known.add("planted", secret)
    plant(walk, secret)
    haul_in(net, capfd, read_messages)
    leaks = net.find(known.known, ALLOWED)
    assert {each.partition(": ")[0] for each in leaks} == {f"planted in {door}" for door in doors}


def test_the_net_knows_what_shopify_gives(
    api: httpx.Client, shopify: ShopifySandbox, shop: str, known: Secrets
) -> None:
    install(api, "studio", shop)
    row = Shop.get(shop, "studio")
    assert tokens.decrypt_access_token(row) in known.known["access_token"]
    assert tokens.decrypt_refresh_token(row) in known.known["refresh_token"]
    assert known.known["code"]
