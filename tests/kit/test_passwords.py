"""Passwords: which are accepted, and what their hashes cost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from chalicelib.kit import passwords
from chalicelib.kit.passwords import MEMBER_RULES, STAFF_RULES, rejection_reason

GOOD = "four quiet herons wade"


def test_a_hash_verifies_its_password_alone() -> None:
    stored = passwords.hash_password(GOOD)
    assert passwords.verify_password(stored, GOOD)
    assert not passwords.verify_password(stored, GOOD + " ")
    assert not passwords.verify_password(stored, GOOD.upper())
    assert passwords.hash_password(GOOD) != stored


def test_the_hash_has_the_documented_cost() -> None:
    assert passwords.hash_password(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_an_unknown_account_costs_one_hash_of_the_same_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, stored: str, password: str) -> bool:
        costs.append(stored.split("$")[3])
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not passwords.verify_password(None, GOOD)
    assert not passwords.verify_password(passwords.hash_password(GOOD), "other")
    assert costs == ["m=19456,t=2,p=1"] * 2


@pytest.mark.parametrize("stored", ["", "text", "$argon2id$v=19$m=19456,t=2,p=1$xx$yy"])
def test_an_unreadable_hash_matches_nothing(stored: str) -> None:
    assert not passwords.verify_password(stored, GOOD)


def test_a_hash_of_other_parameters_needs_a_rehash() -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    assert passwords.verify_password(weaker, GOOD)
    assert passwords.needs_rehash(weaker)
    assert not passwords.needs_rehash(passwords.hash_password(GOOD))


@pytest.mark.parametrize(
    "password",
    [
        "sevench",
        "password1",
        "ada.lovelace@example.com",
        "ada.lovelace9",
        "Lovelace1815",
        "together",
        "backroom1",
        "qwertyuiop",
    ],
)
def test_a_password_that_is_easy_to_guess_is_rejected(password: str) -> None:
    assert rejection_reason(password, MEMBER_RULES, ["ada.lovelace@example.com", "Ada Lovelace"])


@pytest.mark.parametrize("password", [GOOD, "  kx7 vw2q ", "日本語のパスワード", "kxvwqzptrm", "\0nul\0 héron 🦢"])
def test_any_characters_make_a_password(password: str) -> None:
    assert rejection_reason(password, MEMBER_RULES, ["ada@example.com", "Ada"]) is None
    assert passwords.verify_password(passwords.hash_password(password), password)


def test_the_bounds_of_the_length() -> None:
    assert rejection_reason("kxvwqzp", MEMBER_RULES, []) == "use at least 8 characters"
    assert rejection_reason("k" * 129, MEMBER_RULES, []) == "use at most 128 characters"
    assert rejection_reason((GOOD * 9)[:128], MEMBER_RULES, []) is None


def test_staff_needs_longer_and_stronger_passwords() -> None:
    assert rejection_reason("kx7vw2qzpt", STAFF_RULES, []) == "use at least 12 characters"
    assert rejection_reason("horsebattery", MEMBER_RULES, []) is None
    assert rejection_reason("horsebattery", STAFF_RULES, [])
    assert rejection_reason(GOOD, STAFF_RULES, []) is None


def test_personal_words_of_concurrent_callers_stay_apart() -> None:
    names = ["zorblatt", "quixembo"] * 20

    def check(name: str) -> bool:
        other = "quixembo" if name == "zorblatt" else "zorblatt"
        own, others = (
            rejection_reason(f"{name}77", MEMBER_RULES, [name]),
            rejection_reason(f"{other}77", MEMBER_RULES, [name]),
        )
        return own is not None and others is None

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(check, names))
