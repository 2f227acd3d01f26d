"""What the storefront sends and sees."""

from typing import Literal

from pydantic import Field

from chalicelib.kit.schemas import Input, Schema
from chalicelib.studio.models import GenerationStatus

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class UploadCreate(Input):
    """What kind of photo will be sent."""

    content_type: Literal["image/jpeg", "image/png", "image/webp"] = "image/jpeg"


class UploadRead(Schema):
    """Where to send the photo: POST `fields` and then the `file` to `url`, as multipart/form-data, within 15 minutes.

    `token` stands for a guest, who has no customer id: send it with every later request about this upload.
    """

    id: str
    url: str
    fields: dict[str, str]
    token: str | None


class UploadStatusRead(Schema):
    """What the guard found; `reject_reason` says why a photo cannot be used."""

    id: str
    status: Literal["awaiting", "accepted", "rejected", "deleted"]
    reject_reason: str | None
    width: int | None
    height: int | None


class GenerationCreate(Input):
    """Which photo in which style on which product; `text` are words of the shopper's for the style's prompt."""

    product_id: str = Field(pattern=UUID)
    style_id: str = Field(pattern=UUID)
    upload_id: str = Field(pattern=UUID)
    upload_token: str | None = Field(default=None, max_length=1024)
    text: str = Field(default="", max_length=1000)


class GenerationAccepted(Schema):
    """The preview is being made: ask at `poll_url`."""

    id: str
    status: GenerationStatus
    poll_url: str


class LineItemProperty(Schema):
    """What to put on the cart's line, so that the paid order leads to the print."""

    name: str
    value: str


class PreviewRead(Schema):
    """A preview: its picture for five minutes once it is completed, or why it failed."""

    id: str
    status: GenerationStatus
    preview_url: str | None = None
    error_message: str | None = None
    line_item_property: LineItemProperty | None = None


class OfferedStyle(Schema):
    """A style to choose, with an example of what it makes where the merchant gave one."""

    id: str
    name: str
    example_url: str | None


class OfferedSize(Schema):
    """A print size, and the Shopify variant that is bought with it."""

    name: str
    shopify_variant_id: str | None
    width_px: int
    height_px: int


class OfferRead(Schema):
    """What can be chosen on a product; `product_id` is what a preview is asked for with."""

    product_id: str
    title: str
    styles: list[OfferedStyle]
    sizes: list[OfferedSize]


class CallbackAnswer(Schema):
    """What an image provider is told: whether anything waited for the job."""

    status: Literal["heard", "ignored"]
