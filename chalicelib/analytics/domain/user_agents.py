"""Reduce a user agent to what names a browser, a kind of device or a crawler: no version, no model, no contact.

The reduced text is shared by millions of devices. Only it leaves the request; the libraries of the ingest recognize
browsers and crawlers by it. Source: Chromium, "User-Agent Reduction".
"""

from __future__ import annotations

import re

MAX_CHARACTERS = 300
_READ_CHARACTERS = 1_000
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ANDROID_MODEL = re.compile(r"(Android[ /][\d.]+;)[^;)]*")
_BUILD = re.compile(r"[^;()]* Build/[^;)]*")
_APP_DETAILS = re.compile(r"(?<=Android )\([^)]*\)")
"""Screen, model and language, as Instagram's and Facebook's apps append them."""
_NUMBER = re.compile(r"(?<![A-Za-z\d])\d+(?!\d|[A-Za-z]{2})|(?<=[A-Za-z])\d{4,}|(?<=iPhone)\d+|(?<=iPad)\d+")
"""A version, a size or a model; not the short number in a name such as `A6-Indexer` or `360Spider`."""
_PRODUCT = "Mozilla/0.0 "
"""The first word of every browser, which distinguishes none."""


def reduced_user_agent(user_agent: str) -> str:
    """Return the user agent with its numbers set to 0 and without models and e-mail addresses, of at most MAX_CHARACTERS."""
    text = "".join(letter if letter.isprintable() else " " for letter in user_agent[:_READ_CHARACTERS])
    text = _APP_DETAILS.sub("", _CONTACT.sub("", text))
    text = _BUILD.sub(" K", _ANDROID_MODEL.sub(r"\1 K", text))
    return _NUMBER.sub("0", text).removeprefix(_PRODUCT)[:MAX_CHARACTERS]
