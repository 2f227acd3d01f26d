"""Structured logs: one JSON object per line, with the ids of request and message; secrets are masked."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

from aws_lambda_powertools import Logger

from chalicelib.kit import config

for _library in ("botocore", "pynamodb", "stripe", "urllib3"):
    logging.getLogger(_library).setLevel(logging.INFO)  # at DEBUG they log whole requests with bodies and credentials

_context: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=MappingProxyType({}))

MASK = "***"
_SECRET_NAMES = re.compile(
    r"token|secret|password|authorization|signature|hmac|cookie|api_key|e_?mail|phone|address|first_name|last_name",
    re.IGNORECASE,
)
_SECRET_VALUES = re.compile(
    r"shp(?:at|ca|pa|ss|ua|rt|tka|tk)_[A-Za-z0-9]+"  # Shopify's tokens and secrets
    r"|(?:sk|rk|whsec)_[A-Za-z0-9_]{8,}"  # Stripe's
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]+"  # JWTs
    r"|(?:hmac|signature|X-Amz-Signature|X-Amz-Credential|code|state)=[^&\s\"']+"  # in URLs
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail addresses
)


def redact(value: Any) -> Any:
    """Return `value` with secrets and personal data masked, by member names and by patterns in text."""
    if isinstance(value, Mapping):
        return {
            key: MASK if isinstance(key, str) and _SECRET_NAMES.search(key) and item else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return _SECRET_VALUES.sub(MASK, value) if isinstance(value, str) else value


def _serialize(entry: dict[str, Any]) -> str:
    return json.dumps(redact({**entry, **_context.get()}), default=lambda value: redact(str(value)), ensure_ascii=False)


def logger(context: str) -> Logger:
    """Return the logger of a context (`shops`, `kit`, …). Pass values as `extra={…}`, never in the text."""
    return Logger(
        service=f"{config.settings().namespace}.{context}",
        json_serializer=_serialize,
        use_rfc3339=True,
        utc=True,
        log_uncaught_exceptions=False,
    )


def current(name: str) -> str | None:
    """Return a bound value: `correlation_id`, `request_id`, `message_id` or `tenant`; None if it is not bound."""
    return _context.get().get(name)


@contextmanager
def bound(**facts: str) -> Iterator[None]:
    """Add fields to every line that this thread logs inside the block."""
    token = _context.set({**_context.get(), **facts})
    try:
        yield
    finally:
        _context.reset(token)


def bind(**facts: str) -> None:
    """Add fields until the enclosing `bound` block ends."""
    _context.set({**_context.get(), **facts})
