"""The endpoints of an hour as text, of at most 4 kB in a row: gzipped JSON, in base64. Pure."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter
from collections.abc import Mapping

from chalicelib.platform.domain.usage_hours import EndpointUsage

MAX_BYTES = 4_096
OTHER = "other"
"""Stands for the least called endpoints, if all would be too large."""


def pack_endpoints(endpoints: Mapping[str, EndpointUsage], max_bytes: int = MAX_BYTES) -> str:
    """Return the endpoints as text of at most `max_bytes`; the least called ones become OTHER beyond it."""
    ranked = sorted(endpoints, key=lambda name: (name == OTHER, -endpoints[name].calls, name))
    kept = len(ranked)
    text = _encode(endpoints)
    while len(text) > max_bytes and kept > 0:
        kept -= max(1, kept // 8)
        text = _encode(_with_other(endpoints, ranked[:kept]))
    return text


def unpack_endpoints(text: str | None) -> dict[str, EndpointUsage]:
    """Return the endpoints that `pack_endpoints` wrote; none without a text."""
    if not text:
        return {}
    document = json.loads(gzip.decompress(base64.b64decode(text)))
    return {
        name: EndpointUsage(calls, errors, Counter(dict(zip(cells[::2], cells[1::2], strict=True))))
        for name, (calls, errors, cells) in document.items()
    }


def _with_other(endpoints: Mapping[str, EndpointUsage], names: list[str]) -> dict[str, EndpointUsage]:
    """Return the named endpoints as they are, and all others as one."""
    other = EndpointUsage()
    for name in endpoints.keys() - set(names):
        other.add(endpoints[name])
    return {name: endpoints[name] for name in names} | {OTHER: other}


def _encode(endpoints: Mapping[str, EndpointUsage]) -> str:
    document = {
        name: [usage.calls, usage.errors, [cell for pair in sorted(usage.latencies.items()) for cell in pair]]
        for name, usage in sorted(endpoints.items())
    }
    text = json.dumps(document, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
