from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.analytics.domain.masked_text import masked_data, masked_path, masked_text, masked_url, utm_of

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SECRETS = [
    "mia@mail.example",
    "mia%40mail.example",
    "203.0.113.7",
    "2001:db8::8a2e:370:7334",
    "::ffff:10",
    JWT,
    "sk_live_51Habcdefghijkl",
    "shpat_0123456789abcdef0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_personal_data_and_credentials_are_masked_everywhere(secret):
    assert secret not in masked_text(f"failed for {secret} today")
    assert masked_path(f"/orders/{secret}/edit") == "/orders/***/edit"
    assert secret not in str(masked_data({"a": [{secret: f"x {secret}"}]}, is_error=False))


@pytest.mark.parametrize(
    "text",
    ["Bearer abcdefgh12345678", "password=hunter22", '"api_key": "abcd1234"', "token=abcd1234"],
)
def test_named_credentials_are_masked(text):
    assert masked_text(text) == "***" or masked_text(text).startswith('"***')


@pytest.mark.parametrize(
    "path",
    [
        "/products/red-shirt",
        "/orders/0b9d1a52-6b3c-4f0e-9d55-2d3c1f0b8e64",
        "/v1/2026/11/29",
        "/std::string",
        "/blog/how-to-write-a-long-title-with-many-words-2026",
        "/gid/12345678901234",
    ],
)
def test_ordinary_path_stays(path):
    assert masked_path(path) == path


def test_opaque_tokens_in_paths_and_errors_are_masked():
    token = "aZ3kP9xQ2mN8vB5cL1jH7gF4"
    assert masked_path(f"/reset/{token}") == "/reset/***"
    assert masked_path("/i/" + "0f" * 16) == "/i/***"
    assert masked_data({"message": f"bad {token}"}, is_error=True) == {"message": "bad ***"}
    assert masked_data({"campaign": token}, is_error=False) == {"campaign": token}


def test_query_and_fragment_are_dropped_but_for_utm():
    assert masked_path("/a?email=mia@mail.example#top") == "/a"
    url = "https://mia:pw@a.example/p/1?q=secret&utm_source=news&utm_source=b&utm_medium=e+mail#top"
    assert masked_url(url) == "https://a.example/p/1?utm_source=news&utm_medium=e+mail"
    assert utm_of("/a?utm_source=mia@mail.example&gclid=1") == {"utm_source": "***"}


def test_encoded_address_is_masked():
    assert masked_path("/u/203%2E0%2E113%2E7") == "/u/***"


@given(st.text(max_size=200))
def test_any_text_is_masked_without_an_error(text):
    masked_text(text)
    masked_path(text)
    masked_url(text)
    utm_of(text)
