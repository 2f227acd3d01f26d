from __future__ import annotations

import pytest

from chalicelib.analytics.domain.channels import Channel, channel_of


@pytest.mark.parametrize(
    ("referrer", "utm", "channel"),
    [
        (None, None, "direct"),
        ("https://www.google.co.uk/", None, "search"),
        ("duckduckgo.com", None, "search"),
        ("https://l.facebook.com/", None, "social"),
        ("https://t.co/abc", None, "social"),
        ("https://mail.google.com/", None, "email"),
        ("https://blog.example/post", None, "referral"),
        ("https://t.example/", None, "referral"),
        ("https://www.google.com/", '{"utm_medium":"CPC"}', "paid"),
        (None, '{"utm_source":"newsletter"}', "email"),
        (None, '{"utm_medium":"social"}', "social"),
        (None, '{"utm_source":"partner"}', "referral"),
        ("http://[broken", "not json", "direct"),
    ],
)
def test_channel_follows_tags_then_referrer(referrer: str | None, utm: str | None, channel: str) -> None:
    assert channel_of(referrer, utm) is Channel(channel)
