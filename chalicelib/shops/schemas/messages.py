"""Messages about installations and shops, and work messages to this context's own queues."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from chalicelib.kit import data_subjects
from chalicelib.kit.messages import Message


class ShopMessage(Message):
    """A message about one app in one shop."""

    shop: str
    app: str

    def subjects(self) -> tuple[str, ...]:
        return (data_subjects.app(self.shop, self.app),)


class ShopInstalled(ShopMessage):
    """An app was installed or reinstalled in a shop."""

    topic: ClassVar[str] = "shops-shop_installed"

    event: Literal["install", "reinstall"]


class ShopUninstalled(ShopMessage):
    """An app was removed from a shop; its tokens are revoked."""

    topic: ClassVar[str] = "shops-shop_uninstalled"

    uninstalled_at: AwareDatetime


class ShopUpdated(ShopMessage):
    """The details of a shop changed. A field that Shopify did not send is None; it may be unchanged."""

    topic: ClassVar[str] = "shops-shop_updated"

    shop_name: str | None
    currency: str | None
    iana_timezone: str | None
    plan_name: str | None
    triggered_at: AwareDatetime


class ScopesUpdated(ShopMessage):
    """The access scopes of an app in a shop changed; `scopes` has all that it has now."""

    topic: ClassVar[str] = "shops-scopes_updated"

    scopes: list[str]
    triggered_at: AwareDatetime


class PrivacyTopic(StrEnum):
    """Shopify's mandatory compliance topics (shopify.dev/docs/apps/build/compliance/privacy-law-compliance)."""

    DATA_REQUEST = "customers/data_request"
    CUSTOMER_REDACT = "customers/redact"
    SHOP_REDACT = "shop/redact"


class PrivacyRequested(ShopMessage):
    """Shopify requests the export or erasure of a customer's data, or of the whole shop's, within 30 days.

    `customer_id` and `order_ids` are GIDs; a guest has no customer id. `reference` is Shopify's id of a data request.
    """

    topic: ClassVar[str] = "shops-privacy_requested"

    request: PrivacyTopic
    customer_id: str | None = None
    order_ids: list[str] = Field(default_factory=list)
    reference: str | None = None
    triggered_at: AwareDatetime


class ShopifyWork(ShopMessage):
    """Work that calls Shopify; `attempt` counts how often Shopify throttled it."""

    attempt: int = 1


class RegistrationRequested(ShopifyWork):
    """Work for `shops-register_webhooks`: sync the shop's webhook subscriptions and details.

    `event` is set after an installation, which is then published as ShopInstalled. `since` is the start of the backfill
    if a webhook subscription is missing.
    """

    queue: ClassVar[str] = "shops-register_webhooks"

    event: Literal["install", "reinstall"] | None = None
    installed_at: AwareDatetime | None = None
    since: AwareDatetime | None = None


class BackfillRequested(ShopifyWork):
    """Work for `shops-backfill_events`: backfill a page of changes at `since` or later, from cursor `after`."""

    queue: ClassVar[str] = "shops-backfill_events"

    kind: Literal["orders", "products"]
    since: AwareDatetime
    after: str | None = None


class TokenCheckRequested(ShopMessage):
    """Work for `shops-check_token`: check the shop's access token; exchange the session token if it is refused.

    `session_token` is encrypted, and expires a minute after it was issued.
    """

    queue: ClassVar[str] = "shops-check_token"

    session_token: str = Field(default="", repr=False)


class DeliveryReceived(ShopMessage):
    """Work for `shops-apply_webhook`: a stored webhook delivery that this context handles."""

    queue: ClassVar[str] = "shops-apply_webhook"

    webhook_topic: str
    delivery_id: str
    triggered_at: AwareDatetime
    attempt: int = 1
    """2 for an uninstall whose decision was postponed once."""
