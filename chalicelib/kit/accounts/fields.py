"""Types of the fields of an account in requests."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.kit.email_addresses import is_address
from chalicelib.kit.sessions import MAX_DEVICE

MAX_EMAIL = 254
"""Characters (RFC 5321, 4.5.3.1.3)."""
MAX_TOKEN = 2_000
"""Characters of a refresh token or a device token."""
_LINK_CHARACTERS = frozenset("/:@")
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode categories of control, format (bidirectional, zero-width) and private characters, and line separators."""
_JOINERS = frozenset("\u200c\u200d")
"""Format characters that names in some scripts, and emoji, need."""
_ALLOWED_CONTROLS = "\n\t\r"


def _address(text: str) -> str:
    if not is_address(text):
        raise ValueError("not an e-mail address in ASCII")
    return text.lower()


def _name(text: str) -> str:
    """Return the name. Mails show it to strangers, so that it cannot hold a link or hide its letters."""
    if any(letter in _LINK_CHARACTERS for letter in text):
        raise ValueError("must not contain / : @")
    if any(unicodedata.category(letter) in _HIDDEN and letter not in _JOINERS for letter in text):
        raise ValueError("must not contain control or direction characters")
    if not any(unicodedata.category(letter)[0] in "LNS" for letter in text):
        raise ValueError("must contain a letter")
    return text


def without_controls(text: str) -> str:
    """Return the text. Raises ValueError if it has a control character, such as NUL, other than a line break or tab."""
    if any((ord(letter) < 32 and letter not in _ALLOWED_CONTROLS) or 127 <= ord(letter) < 160 for letter in text):
        raise ValueError("must not contain control characters")
    return text


EmailAddress = Annotated[str, StringConstraints(min_length=3, max_length=MAX_EMAIL), AfterValidator(_address)]
"""An address in ASCII, in lower case."""
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=50), AfterValidator(_name)]
MailedTokenText = Annotated[str, Field(min_length=1, max_length=1_000)]
"""The token of a link in a mail."""
DeviceName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_DEVICE), AfterValidator(without_controls)]
