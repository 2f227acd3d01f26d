"""Types of the fields of a member's account in requests, beside those of `kit/accounts/fields.py`."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.together.domain import moments


def _zone(text: str) -> str:
    moments.zone_of(text)
    return text


TimeZoneName = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_zone), Field(examples=["Europe/Berlin"])
]
"""An IANA name, such as `Europe/Berlin`."""
