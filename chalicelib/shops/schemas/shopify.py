"""Schemas of OAuth queries and webhook responses."""

from typing import Literal

from pydantic import ConfigDict, Field

from chalicelib.kit.schemas import Query, Schema


class InstallationStart(Query):
    """Query that starts an installation. Shopify's admin adds other parameters, which are ignored."""

    model_config = ConfigDict(extra="ignore")

    shop: str = Field(min_length=1, max_length=255, examples=["example.myshopify.com"])


class OAuthCallback(Query):
    """Query of the OAuth callback from Shopify; `hmac` covers every parameter, including those not listed here."""

    model_config = ConfigDict(extra="ignore")

    code: str = Field(min_length=1, max_length=1024)
    hmac: str = Field(min_length=1, max_length=255)
    shop: str = Field(min_length=1, max_length=255)
    state: str = Field(min_length=1, max_length=1024)
    timestamp: str = Field(min_length=1, max_length=15)


class WebhookAnswer(Schema):
    """Response to a webhook: the delivery is stored."""

    status: Literal["recorded", "known"]
