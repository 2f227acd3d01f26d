"""Mask personal data and credentials in what senders write, and keep only `utm_*` of query strings.

Sources of the patterns: OWASP Logging Cheat Sheet ("Data to exclude"); GitHub's "Supported secret scanning patterns".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

MASK = "***"
MAX_UTM_VALUE = 200
_UTM_NAME = re.compile(r"utm_[a-z_]{1,30}")

_EMAIL = r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@|%40)[\w-]+(?:\.[\w-]+)+"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV4 = rf"(?<![\d.]){_OCTET}(?:\.{_OCTET}){{3}}(?![\d.]*\d)"
_IPV6 = r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,7}(?![\w:])|(?<![\w:])::[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*(?![\w:])"
_JWT = r"eyJ[\w-]{8,}(?:\.[\w-]*){1,4}"
_BEARER = r"(?i:bearer|basic)\s+[\w.~+/=-]{8,}"
_KEY = r"(?<![A-Za-z0-9])(?:sk|pk|rk|shp(?:at|ss|ca|pa)|whsec|gh[pousr]|github_pat|xox[abprs]|AKIA|ASIA|AIza)[-_]?[\w-]{12,}"
_NAMED = r"(?i:password|passwd|secret|token|api[_-]?key|authorization)[\"']?\s*[=:]\s*[\"']?[^\s\"'&,;]{4,}"
_HEX = r"(?<![\w-])[0-9a-fA-F]{32,}(?![\w-])"
_OPAQUE = r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{24,}(?![\w-])"
"""A random token: at least 24 characters with digits, lower and upper case. A UUID is an id, not a token."""

_PERSONAL = re.compile("|".join([_EMAIL, _JWT, _BEARER, _KEY, _NAMED, _IPV4, _IPV6]))
_OPAQUE_TEXT = re.compile("|".join([_HEX, _OPAQUE]))


def masked_text(text: str) -> str:
    """Return the text with e-mail addresses, IP addresses, tokens and keys replaced by MASK."""
    return _PERSONAL.sub(MASK, text)


def masked_path(path: str) -> str:
    """Return a path without query and fragment, with personal data and anything that looks like a token masked.

    A part is also masked if only its percent-decoded form shows what it is.
    """
    return "/".join(_masked_part(part) for part in re.split(r"[?#]", path, maxsplit=1)[0].split("/"))


def masked_url(url: str) -> str:
    """Return a URL without credentials and fragment, its path masked; of its query only `utm_*` stays.

    An address that cannot be parsed becomes an empty text.
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    origin = f"{parts.scheme}://{masked_text(host)}" if parts.scheme and host else ""
    utm = utm_of(url)
    return origin + masked_path(parts.path) + (f"?{urlencode(utm)}" if utm else "")


def utm_of(address: str) -> dict[str, str]:
    """Return the `utm_*` parameters of an address's query, masked; of a repeated one the first."""
    query = address.partition("#")[0].partition("?")[2]
    try:
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return {}
    utm: dict[str, str] = {}
    for name, value in pairs:
        if _UTM_NAME.fullmatch(name) and "\x00" not in value:
            utm.setdefault(name, masked_text(value)[:MAX_UTM_VALUE])
    return utm


def masked_data(data: Mapping[str, Any], *, is_error: bool) -> dict[str, Any]:
    """Return the data with each of its texts and names masked. The texts of errors are also searched for opaque tokens."""
    return {masked_text(name): _masked_value(value, is_error) for name, value in data.items()}


def _masked_value(value: Any, is_error: bool) -> Any:
    if isinstance(value, str):
        text = masked_text(value)
        return _OPAQUE_TEXT.sub(MASK, text) if is_error else text
    if isinstance(value, Mapping):
        return masked_data(value, is_error=is_error)
    if isinstance(value, list):
        return [_masked_value(item, is_error) for item in value]
    return value


def _masked_part(part: str) -> str:
    masked = _OPAQUE_TEXT.sub(MASK, masked_text(part))
    plain = unquote(part)
    return MASK if masked == part and plain != part and _is_personal(plain) else masked


def _is_personal(text: str) -> bool:
    return bool(_PERSONAL.search(text) or _OPAQUE_TEXT.search(text))
