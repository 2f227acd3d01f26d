"""Types of the texts that members write."""

from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.kit.accounts.fields import without_controls

Title = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(without_controls)]
ShortText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(without_controls)]
LongText = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(without_controls)]
Rating = Annotated[int, Field(ge=1, le=10, strict=True)]
"""A whole number from 1 to 10."""
