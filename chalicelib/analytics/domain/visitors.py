"""Cookieless visitors: hashes under a daily salt, from which neither the address nor another day's hash can be derived.

Source: Plausible, "How we count unique visitors without cookies".
"""

from __future__ import annotations

import hashlib
import hmac

_HASH_CHARACTERS = 32
"""128 bits: no two of a day's visitors share a hash by chance."""


def visitor_hash(salt: str, tenant: str, ip: str, user_agent: str) -> str:
    """Return the visitor of a tenant's site under one day's salt."""
    return _hash(salt, "visitor", tenant, ip, user_agent)


def ip_hash(salt: str, tenant: str, ip: str) -> str:
    """Return the hash of an IP address under one day's salt."""
    return _hash(salt, "ip", tenant, ip)


def _hash(salt: str, *parts: str) -> str:
    # Lengths separate the parts, so that no two lists of parts make the same text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hmac.new(salt.encode(), text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:_HASH_CHARACTERS]
