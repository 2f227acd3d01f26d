"""A scanner that collects everything that leaves the system by any channel, and searches it for secrets."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx2

from chalicelib.kit import aws, config, messages
from infra.deploy import data_stack
from infra.deploy.handlers import Consumer
from infra.local import delivery
from infra.sandbox.server import Request, Response

FOREIGN_LOGS = ("httpx2", "httpcore2")
"""Loggers of the test client and the sandbox; our code does not use them."""


class Secrets:
    """Every secret, by kind."""

    def __init__(self) -> None:
        self.by_kind: dict[str, set[str]] = defaultdict(set)

    def add(self, kind: str, *values: str | bytes | None) -> None:
        """Remember values of a kind; bytes in each of their text forms."""
        for value in values:
            if isinstance(value, bytes):
                self.by_kind[kind] |= {value.hex(), base64.b64encode(value).decode().rstrip("="), repr(value)[2:-1]}
            elif value:
                self.by_kind[kind].add(value)

    def watch_shopify(self, answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Wrap the sandbox's handler: remember every secret in requests and responses."""

        def respond(request: Request) -> Response:
            response = answer(request)
            self._learn(request.parameters())
            self._learn({"access_token": request.header("x-shopify-access-token")})
            if "oauth" in request.path:
                self._learn(request.fields())
                self._learn_from_json(response.body)
                target = parse_qs(urlsplit(response.headers.get("Location", "")).query)
                self._learn({name: values[0] for name, values in target.items()})
            return response

        return respond

    def _learn(self, fields: dict[str, Any]) -> None:
        for kind in ("access_token", "refresh_token", "code", "client_secret", "state", "hmac"):
            self.add(kind, fields.get(kind))
        self.add_jwt(fields.get("subject_token"))

    def _learn_from_json(self, body: bytes) -> None:
        try:
            self._learn(json.loads(body))
        except ValueError:
            return

    def add_jwt(self, token: str | None) -> None:
        """Remember a JSON web token, and its signature alone."""
        if token:
            self.add("session_token", token, token.rpartition(".")[2])


class SecretScanner:
    """Records text by output channel: log, stdout, answer, redirect, cookie, message, row, …"""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = defaultdict(list)

    def add(self, channel: str, *texts: str) -> None:
        self.texts[channel] += texts

    def find(self, secrets_by_kind: dict[str, set[str]], allowed: Iterable[tuple[str, str]] = ()) -> list[str]:
        """Return the leaks as `<kind> in <channel>: …context…`; `allowed` has pairs of kind and channel."""
        results = []
        for channel, channel_texts in self.texts.items():
            everything = "\n".join(channel_texts)
            for kind, values in secrets_by_kind.items():
                if (kind, channel) in allowed:
                    continue
                for form in {form for value in values for form in _forms(value)}:
                    at = everything.find(form)
                    if at >= 0:
                        results.append(f"{kind} in {channel}: …{everything[max(0, at - 200) : at + len(form) + 80]}…")
        return results

    # Channels.

    @contextmanager
    def record_logs(self) -> Iterator[None]:
        """Record every log record of any level, raw and formatted."""
        names = [name for name in logging.root.manager.loggerDict if name.startswith(config.settings().namespace)]
        loggers = [logging.root, *map(logging.getLogger, names)]
        levels = [logger.level for logger in loggers]
        handler = _Handler(self)
        logging.root.addHandler(handler)
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logging.root.removeHandler(handler)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)

    def record_responses(self, client: httpx2.Client, secrets: Secrets) -> None:
        """Record every response to the client; remember the secrets that it sends."""

        def record_request(request: httpx2.Request) -> None:
            _, _, token = request.headers.get("authorization", "").partition(" ")
            secrets.add_jwt(token)

        def record_response(response: httpx2.Response) -> None:
            response.read()
            headers = dict(response.headers)
            location, cookie = headers.pop("location", ""), headers.pop("set-cookie", "")
            secrets.add("state", *parse_qs(urlsplit(location).query).get("state", ()))
            secrets.add("cookie", cookie.partition(";")[0].partition("=")[2])
            self.add("redirect", location)
            self.add("cookie", cookie)
            self.add("error" if response.status_code >= 400 else "answer", str(headers), response.text)

        client.event_hooks = {"request": [record_request], "response": [record_response]}

    def record_queues(self, receive: Any) -> Any:
        """Return a replacement for `delivery.receive` that records every message."""

        def receive_and_record(consumer: Consumer, wait_seconds: int = 0) -> list[dict[str, Any]]:
            batch: list[dict[str, Any]] = receive(consumer, wait_seconds)
            self.add("message", *(message["Body"] for message in batch))
            return batch

        return receive_and_record

    def add_exception(self, error: BaseException) -> None:
        """Record the traceback of an exception, causes included."""
        self.add("error", "".join(traceback.format_exception(error)))

    def record_stores(self, consumers: Iterable[Consumer]) -> None:
        """Record every row, object and dead letter."""
        for model in data_stack.models():
            for page in aws.client("dynamodb").get_paginator("scan").paginate(TableName=model.Meta.table_name):
                self.add("row", *map(str, page["Items"]))
        for bucket in (config.settings().images_bucket, config.settings().archive_bucket):
            for item in aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ()):
                body = aws.client("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                self.add("object", item["Key"], body.decode(errors="replace"))
        for consumer in consumers:
            self.add("dead letter", *dead_letters(consumer.queue))


def dead_letters(queue: str) -> list[str]:
    """Return the bodies in a dead-letter queue, and leave them there."""
    url, result = messages.queue_url(f"{queue}-dead"), []
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        result += batch
    for message in result:
        aws.client("sqs").change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    return [message["Body"] for message in result]


def deliver_until_dead_letter(consumer: Consumer, invoke: delivery.Invoke) -> None:
    """Redeliver failed messages at once until they are dead letters."""
    while batch := delivery.receive(consumer):
        for message in delivery.deliver(consumer, batch, invoke):
            aws.client("sqs").change_message_visibility(
                QueueUrl=messages.queue_url(consumer.queue),
                ReceiptHandle=message["ReceiptHandle"],
                VisibilityTimeout=0,
            )


class _Handler(logging.Handler):
    def __init__(self, scanner: SecretScanner) -> None:
        super().__init__(logging.DEBUG)
        self._scanner = scanner

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(FOREIGN_LOGS):
            return
        self._scanner.add("raw log", f"{record.name} {record.getMessage()} {vars(record)}")
        if record.exc_info:
            self._scanner.add("raw log", logging.Formatter().formatException(record.exc_info))
        for handler in logging.getLogger(record.name).handlers:
            self._scanner.add("log", handler.format(record))


def _forms(value: str) -> set[str]:
    """Return the forms of a secret: plain, without prefix, URL-encoded, hex, and base64 at any offset."""
    raw, bare = value.encode(), value.rpartition("_")[2]
    shifted = (base64.b64encode(b"x" * n + raw).decode()[4 if n else 0 :].rstrip("=")[:-1] for n in range(3))
    return {value, quote(value, safe=""), raw.hex(), *(text for text in (bare, *shifted) if len(text) >= 16)}
