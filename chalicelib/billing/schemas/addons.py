"""Add-ons in the API."""

from decimal import Decimal

from pydantic import field_serializer

from chalicelib.billing.domain import money
from chalicelib.billing.enums import AddonCategory, AddonCycle, AddonStatus
from chalicelib.kit.schemas import Amount, Schema, Timestamp


class AddonRead(Schema):
    """An add-on that is for sale."""

    id: str
    name: str
    description: str | None
    category: AddonCategory
    price: Amount
    currency: str
    billing_cycle: AddonCycle

    @field_serializer("price")
    def _with_decimals(self, price: Decimal) -> Amount:
        return money.padded(price, self.currency)


class UserAddonRead(Schema):
    """An add-on that the caller has or had. `expires_at` is its end, past or future."""

    id: str
    addon_id: str
    status: AddonStatus
    purchased_at: Timestamp
    expires_at: Timestamp | None
