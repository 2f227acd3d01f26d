"""Schemas of partners."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.kit.schemas import Amount, Input, PageQuery, Schema, Timestamp
from chalicelib.together.enums import PartnerKind
from chalicelib.together.schemas.text import Title

PartnerId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166 code, upper case."""
Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
CLICK_ID = "{click_id}"


def _link(url: str) -> str:
    if CLICK_ID not in url:
        raise ValueError(f"must contain {CLICK_ID}")
    return url


PartnerUrl = Annotated[
    str,
    StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(/[!-~]*)?(\?[!-~]*)?$", max_length=1_000),
    AfterValidator(_link),
]


class PartnerQuery(PageQuery):
    """The active partners of a city, of all kinds or of one."""

    city: Title
    kind: PartnerKind | None = None


class PartnerRead(Schema):
    """An offer of a partner."""

    id: str
    name: str
    kind: PartnerKind
    city: str
    country: str


class PartnerPut(Input):
    """A partner, created or replaced by its id."""

    id: PartnerId
    name: Title
    kind: PartnerKind
    city: Title
    country: Country = Field(examples=["FR"])
    url: PartnerUrl = Field(
        description="https; `{click_id}` is replaced by the id of the booking.",
        examples=["https://partner.example/book?click={click_id}"],
    )
    commission_percent: Percent | None = None
    is_active: bool = True


class OperatorPartnerRead(PartnerRead):
    """A partner for operators."""

    url: str
    commission_percent: Amount | None
    is_active: bool
    created_at: Timestamp
    updated_at: Timestamp
