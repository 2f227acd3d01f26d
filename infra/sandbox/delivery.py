"""Sends webhooks over HTTP and returns the responses."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Literal
from urllib.parse import urlsplit

Order = Literal["in_order", "shuffled"]
ANSWER_WITHIN_SECONDS = 120


@dataclass(frozen=True)
class Webhook:
    """A signed webhook that can be sent any number of times."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """One attempt. If there was no response, `status` is None and `answer` is the error."""

    webhook: Webhook
    status: int | None
    answer: str

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(webhook: Webhook) -> Delivery:
    """Send a webhook once by POST, without following redirects.

    As at Shopify and Stripe, any status other than 2xx is a failure.
    """
    target = urlsplit(webhook.url)
    kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
    connection = kind(target.hostname or "", target.port, timeout=ANSWER_WITHIN_SECONDS)
    try:
        connection.request("POST", target.path or "/", body=webhook.body, headers=webhook.headers)
        response = connection.getresponse()
        return Delivery(webhook, response.status, response.read().decode(errors="replace"))
    except (OSError, HTTPException) as error:
        return Delivery(webhook, None, repr(error))
    finally:
        connection.close()


def send_all(
    webhooks: Sequence[Webhook], *, order: Order = "in_order", copies: float = 1, parallel: int = 1, seed: int = 0
) -> list[Delivery]:
    """Send each webhook `copies` times over `parallel` connections, in order or shuffled by `seed`.

    With `copies=1.1`, a tenth of the webhooks, chosen by `seed`, is sent twice.
    """
    chance = random.Random(seed)
    whole = int(copies)
    again = set(chance.sample(range(len(webhooks)), round(len(webhooks) * (copies - whole))))
    queue = [webhook for number, webhook in enumerate(webhooks) for _ in range(whole + (number in again))]
    if order == "shuffled":
        chance.shuffle(queue)
    if parallel == 1:
        return [send(webhook) for webhook in queue]
    with ThreadPoolExecutor(parallel) as senders:
        return list(senders.map(send, queue))
