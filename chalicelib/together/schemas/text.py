"""Types of the texts that members write."""

from typing import Annotated

from pydantic import AfterValidator, Field

_ALLOWED_CONTROLS = "\n\t\r"


def without_controls(text: str) -> str:
    """Return the text. Raises ValueError if it has a control character, such as NUL, other than a line break or tab."""
    if any((ord(letter) < 32 and letter not in _ALLOWED_CONTROLS) or 127 <= ord(letter) < 160 for letter in text):
        raise ValueError("must not contain control characters")
    return text


Title = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(without_controls)]
ShortText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_controls)]
LongText = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(without_controls)]
Rating = Annotated[int, Field(ge=1, le=10, strict=True)]
"""A whole number from 1 to 10."""
