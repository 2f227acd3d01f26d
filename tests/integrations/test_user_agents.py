from __future__ import annotations

import crawleruseragents
import pytest

from chalicelib.analytics.domain.user_agents import reduced_user_agent
from chalicelib.integrations.user_agents import DeviceType, UserAgent, recognize

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = [
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36", "desktop", "Chrome"),
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91", "desktop", "Edge"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0", "desktop", "Firefox"),
    (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36 OPR/106.0.0.0", "desktop", "Opera"),
    (f"Mozilla/5.0 (Linux; Android 13; SM-S918B) {WEBKIT} Chrome/112.0.0.0 Mobile Safari/537.36", "mobile", "Chrome Mobile"),
    (f"Mozilla/5.0 (Linux; Android 13; SM-X200) {WEBKIT} Chrome/112.0.0.0 Safari/537.36", "tablet", "Chrome"),
    (f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {WEBKIT} Version/16.6 Mobile/15E148 Safari/604.1", "tablet", "Mobile Safari"),
    (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) {WEBKIT} CriOS/120.0.6099.119 Mobile/15E148 Safari/604.1", "mobile", "Chrome Mobile iOS"),
    ("unknown", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "device_type", "browser"), BROWSERS)
def test_browser_and_device_are_recognized_without_version_and_model(user_agent, device_type, browser):
    device = DeviceType(device_type) if device_type else None
    assert recognize(reduced_user_agent(user_agent)) == UserAgent(device_type=device, browser=browser)


def test_reduction_hides_fewer_than_one_crawler_in_a_hundred():
    instances = [
        text for crawler in crawleruseragents.CRAWLER_USER_AGENTS_DATA for text in crawler.get("instances", [])
    ]
    missed = [text for text in instances if not crawleruseragents.is_crawler(reduced_user_agent(text))]
    assert len(missed) < len(instances) / 100


@pytest.mark.parametrize("agent", ["python-requests/0.0", "(compatible; Googlebot/0.0)", "(X11) HeadlessChrome/0.0"])
def test_crawler_is_recognized(agent):
    assert recognize(agent) == UserAgent(is_bot=True)
