"""What Shopify and its browsers send, and what they are told."""

from typing import Literal

from pydantic import ConfigDict, Field

from chalicelib.kit.schemas import Query, Schema


class InstallationStart(Query):
    """The query of an installation's start. Shopify's admin adds parameters of its own, which do not count."""

    model_config = ConfigDict(extra="ignore")

    shop: str = Field(min_length=1, max_length=255, examples=["example.myshopify.com"])


class OAuthCallback(Query):
    """What Shopify answers with; every parameter, also those not named here, is covered by `hmac`."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field(min_length=1, max_length=1024)
    hmac: str = Field(min_length=1, max_length=255)
    shop: str = Field(min_length=1, max_length=255)
    state: str = Field(min_length=1, max_length=1024)
    timestamp: str = Field(min_length=1, max_length=15)


class WebhookAnswer(Schema):
    """What Shopify is told: the delivery is on record."""

    status: Literal["recorded", "known"]
