"""Lists in a row, gzipped: the row of a day is written at each computation, and each kilobyte of it costs."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

MAX_BYTES = 4_000
"""The maximum length of a packed text."""


def pack(value: Any) -> str:
    """Return a JSON value as gzipped text in base64. The output is deterministic."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def unpack(text: str) -> Any:
    """Return the JSON value in a packed text."""
    return json.loads(gzip.decompress(base64.b64decode(text)))


def pack_lists(lists: Mapping[str, Sequence[Any]]) -> str:
    """Return lists by name as packed text of at most MAX_BYTES: the longest lists lose their tail."""
    kept = {name: list(items) for name, items in lists.items()}
    packed = pack(kept)
    while len(packed) > MAX_BYTES:
        longest = max(kept, key=lambda name: len(json.dumps(kept[name])))
        kept[longest].pop()
        packed = pack(kept)
    return packed
