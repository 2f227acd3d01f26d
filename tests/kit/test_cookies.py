"""Cookies: who can read them, and where they are sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.kit import config
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.http import cookies

DAY = timedelta(days=1)


def test_a_cookie_is_read_with_the_header_of_our_pages_only() -> None:
    headers = {"cookie": "other=1; token=a.b-c_d"}
    assert cookies.read_cookie(headers, "token") is None
    assert cookies.read_cookie(headers | {"x-backroom": "1"}, "token") == "a.b-c_d"
    assert cookies.read_cookie(headers | {"x-backroom": "1"}, "missing") is None
    assert cookies.read_cookie({"x-backroom": "1"}, "token") is None
    with pytest.raises(Forbidden):
        cookies.require_page(headers)
    cookies.require_page({"x-backroom": ""})


@pytest.mark.parametrize("header", ["", ";;;", "token", "=x", 'token="unclosed', "tok\u00e9n=1"])
def test_a_malformed_header_holds_no_cookie(header: str) -> None:
    assert cookies.read_cookie({"x-backroom": "1", "cookie": header}, "token") in (None, '"unclosed')


def test_a_cookie_is_for_its_path_and_out_of_reach_of_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://x.example/api")
    config.forget_settings()
    parts = cookies.set_cookie("token", "abc", "/v1/sessions", DAY).split("; ")
    monkeypatch.undo()
    config.forget_settings()
    assert parts == ["token=abc", "Path=/api/v1/sessions", "Max-Age=86400", "HttpOnly", "SameSite=Strict"]


def test_a_live_stage_sends_cookies_over_https_only(production_settings: None) -> None:
    assert cookies.set_cookie("token", "", "/v1", timedelta(0)).endswith("SameSite=Strict; Secure")
