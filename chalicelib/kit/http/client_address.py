"""The client's address, as API Gateway reports it; headers of the client are not trusted (ADR 45).

API Gateway calls the functions with the address of the TCP connection (`requestContext.identity.sourceIp`) and appends
the same address to X-Forwarded-For. Entries before it come from the caller and can be forged. A proxy in front of the API
(for example CloudFront) is not supported: all its clients would share its address.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any


def client_address(context: Mapping[str, Any]) -> str:
    """Return the address of a request's caller from API Gateway's request context; empty if it has none."""
    identity = context.get("identity") or {}
    return str(identity.get("sourceIp") or "")


def address_behind_proxy(forwarded_for: str, proxy: str) -> str:
    """Return the address that a trusted proxy wrote into X-Forwarded-For; empty if it wrote none.

    `proxy` is its own address, as `client_address` returns it. API Gateway appends the proxy's entry, so the client's is
    the one before the last entry of the proxy. A client can forge only entries before the one that the proxy wrote.
    Verify the proxy's signature before calling this function.
    """
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    before_proxy = entries[: len(entries) - 1 - entries[::-1].index(proxy)] if proxy in entries else []
    try:
        return str(ip_address(before_proxy[-1])) if before_proxy else ""
    except ValueError:
        return ""
