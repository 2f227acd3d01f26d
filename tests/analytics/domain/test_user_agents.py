from __future__ import annotations

import pytest

from chalicelib.analytics.domain.user_agents import MAX_CHARACTERS, reduced_user_agent

CHROME = "(Linux; Android 0; K) AppleWebKit/0.0 (KHTML, like Gecko) Chrome/0.0.0.0 Mobile Safari/0.0"


@pytest.mark.parametrize(
    ("user_agent", "reduced"),
    [
        (
            "Mozilla/5.0 (Linux; Android 13; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/112.0.0.0 Mobile Safari/537.36",
            CHROME,
        ),
        (
            "Mozilla/5.0 (Linux; Android 9; Pixel 2 Build/OPD3.170816.012) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/81.0.4044.138 Mobile Safari/537.36",
            CHROME,
        ),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "(compatible; Googlebot/0.0; +http://www.google.com/bot.html)"),
        ("360Spider/1.2 (admin@spider.example)", "360Spider/0.0 ()"),
        ("Instagram 406.0 Android (35/15; 480dpi; OPPO; CPH2557; en_MY)", "Instagram 0.0 Android "),
        ("", ""),
    ],
)  # fmt: skip
def test_versions_models_and_contacts_are_removed(user_agent, reduced):
    assert reduced_user_agent(user_agent) == reduced


def test_reduced_user_agent_is_short_and_printable():
    assert len(reduced_user_agent("x" * 5_000)) == MAX_CHARACTERS
    assert reduced_user_agent("a\nb\x00c") == "a b c"
