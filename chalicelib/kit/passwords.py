"""Passwords: their rules, and their hashes (argon2id, as PHC strings).

A password is hashed exactly as it was received. There are no rules about its composition (NIST SP 800-63B, 5.1.1.2).
Parameters of the hash: OWASP, "Password Storage Cheat Sheet".
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import StringConstraints

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MAX_LENGTH = 128
"""Characters."""
MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1
_NO_ACCOUNT = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${'A' * 22}${'A' * 43}"
"""A hash of the same cost that no known password has."""
_ESTIMATED = 72
"""Characters that zxcvbn reads: its time grows with the square of the length."""
_APP_WORDS = ("backroom", "together")

Password = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=MAX_LENGTH)]
"""A password in a request, with the white space around it."""


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """What a new password must be: at least `min_length` characters and zxcvbn's score `min_score` (0 to 4)."""

    min_length: int
    min_score: int


MEMBER_RULES = PasswordRules(min_length=8, min_score=2)
STAFF_RULES = PasswordRules(min_length=12, min_score=3)
"""For owners, support and operators of the platform."""

_estimator = threading.Lock()


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)


def hash_password(password: str) -> str:
    """Return the hash of a password as a PHC string."""
    return _hasher().hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Return whether the password matches the stored hash.

    Without a stored hash, as for an unknown account, it computes one hash, too, and returns False.
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        is_match = _hasher().verify(stored or _NO_ACCOUNT, password)
    except (VerificationError, InvalidHashError):
        return False
    return is_match and stored is not None


def needs_rehash(stored: str) -> bool:
    """Return whether the hash has other parameters than those of today."""
    return _hasher().check_needs_rehash(stored)


def rejection_reason(password: str, rules: PasswordRules, personal: Iterable[str]) -> str | None:
    """Return why a new password is not accepted; None if it is. `personal` are words such as the e-mail and the name."""
    if len(password) < rules.min_length:
        return f"use at least {rules.min_length} characters"
    if len(password) > MAX_LENGTH:
        return f"use at most {MAX_LENGTH} characters"
    if _score(password[:_ESTIMATED], [*_APP_WORDS, *_words(personal)]) < rules.min_score:
        return "too easy to guess; use several uncommon words"
    return None


def _words(personal: Iterable[str]) -> Iterable[str]:
    """Yield each text, the part before its `@`, and its parts."""
    for text in personal:
        yield text
        yield text.partition("@")[0]
        yield from text.replace("@", " ").replace(".", " ").split()


def _score(password: str, words: list[str]) -> int:
    from zxcvbn import matching, zxcvbn

    with _estimator:  # zxcvbn keeps the words in a global dictionary
        score: int = zxcvbn(password, user_inputs=words)["score"]
        matching.RANKED_DICTIONARIES.pop("user_inputs")
    return score
