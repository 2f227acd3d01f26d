"""Tests of the codes of invitations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.together.domain import invitation_codes
from chalicelib.together.domain.invitation_codes import ALPHABET, LENGTH, derive, digests, parse

codes = st.builds(derive, st.binary(min_size=16, max_size=32), st.uuids().map(str), st.text(max_size=30))


@given(codes)
def test_a_code_has_ten_characters_of_the_alphabet_and_can_be_typed_in_any_case(code: str) -> None:
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert parse(code) == parse(f" {typed[:5]}-{typed[5:]} ") == code


@given(st.text())
def test_other_text_is_no_code(text: str) -> None:
    code = parse(text)
    assert code is None or (len(code) == LENGTH and set(code) <= set(ALPHABET))


@given(codes, codes)
def test_digests_differ_by_code_and_key(one: str, other: str) -> None:
    keys = [b"a" * 16, b"b" * 16]
    assert len(set(digests(keys, one))) == len(keys)
    assert (digests(keys, one) == digests(keys, other)) is (one == other)


def test_codes_use_the_whole_alphabet() -> None:
    letters = {letter for number in range(200) for letter in derive(b"k" * 16, "space", str(number))}
    assert letters == set(invitation_codes.ALPHABET)
