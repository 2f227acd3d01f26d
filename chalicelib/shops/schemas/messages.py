"""Messages about installations and shops, and the work that this context gives itself."""

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
    """An app was installed in a shop, for the first time or again."""

    topic: ClassVar[str] = "shops-shop_installed"

    event: Literal["install", "reinstall"]


class ShopUninstalled(ShopMessage):
    """An app was removed from a shop; its tokens are dead."""

    topic: ClassVar[str] = "shops-shop_uninstalled"

    uninstalled_at: AwareDatetime


class ShopUpdated(ShopMessage):
    """What a shop says of itself changed."""

    topic: ClassVar[str] = "shops-shop_updated"

    shop_name: str
    currency: str
    iana_timezone: str | None
    plan_name: str | None
    triggered_at: AwareDatetime


class ScopesUpdated(ShopMessage):
    """What an app may do in a shop changed; these are all of its access scopes now."""

    topic: ClassVar[str] = "shops-scopes_updated"

    scopes: list[str]
    triggered_at: AwareDatetime


class PrivacyTopic(StrEnum):
    """Shopify's mandatory compliance topics (shopify.dev/docs/apps/build/compliance/privacy-law-compliance)."""

    DATA_REQUEST = "customers/data_request"
    CUSTOMER_REDACT = "customers/redact"
    SHOP_REDACT = "shop/redact"


class PrivacyRequested(ShopMessage):
    """Shopify asks to export or erase what we hold of a customer, or of the whole shop, within 30 days.

    `customer_id` and `order_ids` are GIDs; a guest has no customer id. `reference` is Shopify's id of a data request.
    """

    topic: ClassVar[str] = "shops-privacy_requested"

    request: PrivacyTopic
    customer_id: str | None = None
    order_ids: list[str] = Field(default_factory=list)
    reference: str | None = None
    triggered_at: AwareDatetime


class ShopifyWork(ShopMessage):
    """Work that asks Shopify; `attempt` counts how often Shopify made it wait."""

    attempt: int = 1


class RegistrationRequested(ShopifyWork):
    """Work for `shops-register_webhooks`: make the shop's webhooks what they should be, and read its details.

    `event` says that it follows an installation, which the others are to hear of. With `since`, what happened from
    then on is fetched and told anew if a webhook turns out to have been missing.
    """

    queue: ClassVar[str] = "shops-register_webhooks"

    event: Literal["install", "reinstall"] | None = None
    installed_at: AwareDatetime | None = None
    since: AwareDatetime | None = None


class BackfillRequested(ShopifyWork):
    """Work for `shops-backfill_events`: fetch a page of what changed at `since` or later, from Shopify's cursor `after` on."""

    queue: ClassVar[str] = "shops-backfill_events"

    kind: Literal["orders", "products"]
    since: AwareDatetime
    after: str | None = None


class TokenCheckRequested(ShopMessage):
    """Work for `shops-check_token`: try the shop's access token, and exchange the session token if it is refused.

    `session_token` is encrypted, and expires a minute after it was issued.
    """

    queue: ClassVar[str] = "shops-check_token"

    session_token: str = Field(default="", repr=False)


class DeliveryReceived(ShopMessage):
    """Work for `shops-apply_webhook`: a recorded webhook delivery that this context itself acts on."""

    queue: ClassVar[str] = "shops-apply_webhook"

    webhook_topic: str
    delivery_id: str
    triggered_at: AwareDatetime
    attempt: int = 1
    """2 for an uninstall whose decision was postponed once."""
