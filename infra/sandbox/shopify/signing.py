"""Shopify's four signatures, implemented from its documentation, independently of the bundle."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

_UNRESERVED = "-_.!~*'()"


class InvalidSessionToken(Exception):
    """The session token is invalid for this app and shop."""


def oauth_hmac(parameters: Mapping[str, str], secret: str) -> str:
    """Compute the hex `hmac` of an OAuth redirect: parameters sorted and percent-encoded, without `hmac`.

    Source: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant.
    """
    message = "&".join(
        f"{quote(name, safe=_UNRESERVED)}={quote(value, safe=_UNRESERVED)}"
        for name, value in sorted(parameters.items())
        if name != "hmac"
    )
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def proxy_signature(parameters: Mapping[str, str | Sequence[str]], secret: str) -> str:
    """Compute the hex signature of an app proxy request.

    It covers the sorted `name=value` pairs without separators; repeated values are joined by commas
    (https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies).
    """
    pairs = (
        f"{name}={value if isinstance(value, str) else ','.join(value)}" for name, value in sorted(parameters.items())
    )
    return hmac.new(secret.encode(), "".join(pairs).encode(), hashlib.sha256).hexdigest()


def webhook_hmac(body: bytes, secret: str) -> str:
    """Compute the base64 HMAC of the raw body (https://shopify.dev/docs/apps/build/webhooks/verify-deliveries)."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def encode_jwt(claims: Mapping[str, Any], secret: str) -> str:
    """Encode claims as a JSON Web Token with HS256 (RFC 7519)."""
    head = _segment(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    signed = f"{head}.{_segment(json.dumps(dict(claims)).encode())}"
    return f"{signed}.{_segment(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


def verify_session_token(token: str, *, key: str, secret: str, shop: str, now: float) -> dict[str, Any]:
    """Verify a session token and return its claims. Raises `InvalidSessionToken` if it is invalid or expired.

    Source: https://shopify.dev/docs/apps/build/authentication-authorization/session-tokens.
    """
    signed, _, signature = token.rpartition(".")
    expected = _segment(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise InvalidSessionToken("signature")
    head, _, body = signed.partition(".")
    try:
        algorithm = json.loads(_bytes(head)).get("alg")
        claims: dict[str, Any] = json.loads(_bytes(body))
        in_time = claims["nbf"] <= now < claims["exp"]
        named = (claims["iss"], claims["dest"], claims["aud"])
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise InvalidSessionToken("claims") from error
    if algorithm != "HS256" or not in_time or named != (f"https://{shop}/admin", f"https://{shop}", key):
        raise InvalidSessionToken("claims")
    return claims


def _segment(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
