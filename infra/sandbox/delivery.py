"""Sending webhooks over real HTTP, and what came back."""

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
    """A signed delivery that may be sent as often as one likes."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Delivery:
    """One attempt. `status` is None when nobody answered; `answer` is then the reason."""

    webhook: Webhook
    status: int | None
    answer: str

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(webhook: Webhook) -> Delivery:
    """Posts it once; the senders' own rule holds: anything but a 2xx is a failure, redirects are not followed."""
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
    """Each webhook `copies` times, over `parallel` connections at once, as given or shuffled by `seed`.

    1.1 copies: every tenth of them, picked by `seed`, once more.
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
