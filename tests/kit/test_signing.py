"""Signed tokens and their keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import signing
from chalicelib.kit.config import SettingMissing
from tests.kit.conftest import clear_caches


@given(st.binary())
def test_signed_data_round_trips(data: bytes) -> None:
    assert signing.verify("state", signing.sign("state", data)) == data


@given(st.binary(max_size=40), st.data())
def test_any_change_is_refused(data: bytes, draw: st.DataObject) -> None:
    parts = [bytearray(signing.decode(part)) for part in signing.sign("state", data).split(".")]
    part = draw.draw(st.sampled_from([part for part in parts if part]))
    part[draw.draw(st.integers(0, len(part) - 1))] ^= draw.draw(st.integers(1, 255))
    assert signing.verify("state", ".".join(signing.encode(bytes(part)) for part in parts)) is None


@given(st.text())
def test_other_text_is_rejected(text: str) -> None:
    assert signing.verify("state", text) is None


def test_a_token_has_one_purpose() -> None:
    token = signing.sign("state", b"x")
    assert signing.verify("cursor", token) is None
    assert signing.key("state")[1] != signing.key("cursor")[1]
    assert len(signing.key("state")[1]) == 32


def test_signing_keys_rotate_without_downtime(monkeypatch: pytest.MonkeyPatch) -> None:
    def use(keys: str) -> None:
        monkeypatch.setenv("SIGNING_KEYS", keys)
        clear_caches()

    use("old:0123456789abcdef")
    before = signing.sign("state", b"x")
    use("new:fedcba9876543210,old:0123456789abcdef")
    assert signing.verify("state", before) == b"x"
    after = signing.sign("state", b"x")
    assert signing.key("state")[0] == "new"
    use("new:fedcba9876543210")
    assert signing.verify("state", after) == b"x"
    assert signing.verify("state", before) is None


@pytest.mark.parametrize("keys", ["short:x", "no-id-at-all", ":0123456789abcdef", "a:0123456789abcdef,b:short"])
def test_weak_keys_are_refused(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("SIGNING_KEYS", keys)
    clear_caches()
    with pytest.raises(SettingMissing, match="SIGNING_KEYS") as error:
        signing.sign("state", b"x")
    assert keys not in str(error.value)


def test_an_account_has_no_default_key(production_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEYS", "k1:0123456789abcdef")
    clear_caches()
    in_account = signing.key("state")[1]
    monkeypatch.setenv("STAGE", "test")
    monkeypatch.delenv("SIGNING_KEYS")
    clear_caches()
    assert signing.key("state")[1] != in_account


def test_digest_is_sha_256() -> None:
    # FIPS 180-2, appendix B.1
    assert signing.digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
