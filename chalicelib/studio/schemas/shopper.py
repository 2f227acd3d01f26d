"""Request and response schemas of the storefront."""

from typing import Literal

from pydantic import Field

from chalicelib.kit.schemas import Input, Schema
from chalicelib.studio.domain.print_size import PrintFormat
from chalicelib.studio.models import GenerationStatus

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


class UploadCreate(Input):
    """The type of the photo to upload."""

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
    """The result of the photo's inspection; `reject_reason` says why a photo cannot be used.

    `width` and `height` are those of the upright photo, in pixels.
    """

    id: str
    status: Literal["awaiting", "accepted", "rejected", "deleted"]
    reject_reason: str | None
    width: int | None
    height: int | None


class CropInput(Input):
    """A part of the upright photo, in fractions of its width and height."""

    left: float = Field(ge=0, le=1)
    top: float = Field(ge=0, le=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)


class GenerationCreate(Input):
    """The photo, style and product of a preview; `text` is the shopper's text for the style's prompt.

    `size_id` may be omitted if the product has at most one size. `crop` may be omitted if the photo's shape is within
    2 % of the size's; without it, the whole photo is used.
    """

    product_id: str = Field(pattern=UUID)
    style_id: str = Field(pattern=UUID)
    upload_id: str = Field(pattern=UUID)
    upload_token: str | None = Field(default=None, max_length=1024)
    size_id: str | None = Field(default=None, pattern=UUID)
    crop: CropInput | None = None
    text: str = Field(default="", max_length=1000)


class GenerationAccepted(Schema):
    """The preview is queued: poll `poll_url`.

    `dpi` is the resolution of the cropped photo on the print, null for a product without sizes. Below 120 dpi,
    `is_low_resolution` is true: the print will look soft.
    """

    id: str
    status: GenerationStatus
    poll_url: str
    dpi: int | None = None
    is_low_resolution: bool = False


class LineItemProperty(Schema):
    """The property to add to the cart line; it links the paid order to the preview."""

    name: str
    value: str


class PreviewRead(Schema):
    """A preview: once completed, a link to its image for five minutes; once failed, the reason.

    `is_watermarked` says whether the image has the shop's watermark; null until completed.
    """

    id: str
    status: GenerationStatus
    preview_url: str | None = None
    error_message: str | None = None
    is_watermarked: bool | None = None
    line_item_property: LineItemProperty | None = None


class OfferedStyle(Schema):
    """A style to choose, with its example image if there is one."""

    id: str
    name: str
    example_url: str | None


class OfferedSize(Schema):
    """A print size, its Shopify variant and the type of its print files."""

    id: str
    name: str
    shopify_variant_id: str | None
    width_px: int
    height_px: int
    print_format: PrintFormat


class OfferRead(Schema):
    """The styles and sizes offered on a product; request a preview with `product_id` and a size's `id`."""

    product_id: str
    title: str
    styles: list[OfferedStyle]
    sizes: list[OfferedSize]


class CallbackAnswer(Schema):
    """Whether a generation waited for the job: `heard` if one did."""

    status: Literal["heard", "ignored"]
