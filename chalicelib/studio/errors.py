"""Problems of the studio's API. A class's name is the API's `code`."""

from __future__ import annotations

from chalicelib.kit import clock
from chalicelib.kit.attempts import FullCounter, refusal_headers
from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, TooManyRequests
from chalicelib.studio.domain.visitor_limits import VisitorGroup, VisitorLimit, waiting_time


class ProductNotFound(NotFound):
    code = "ProductNotFound"
    title = "Product not found"


class StyleNotFound(NotFound):
    code = "StyleNotFound"
    title = "Style not found"


class SizeNotFound(NotFound):
    code = "SizeNotFound"
    title = "Size not found"


class BaseNotFound(NotFound):
    code = "BaseNotFound"
    title = "Product base or variant not found"


class ShopNotFound(NotFound):
    code = "ShopNotFound"
    title = "Invalid shop domain; expected example.myshopify.com"


class GenerationNotFound(NotFound):
    code = "GenerationNotFound"
    title = "Generation not found"


class UploadNotFound(NotFound):
    code = "UploadNotFound"
    title = "Upload not found"


class WatermarkNotFound(NotFound):
    code = "WatermarkNotFound"
    title = "This shop has no watermark yet"


class InvalidImage(InvalidInput):
    code = "InvalidImage"
    title = "Invalid image"


class TooManyStyles(Conflict):
    code = "TooManyStyles"
    title = "A product can have at most 99 styles"


class NotOffered(Conflict):
    code = "NotOffered"
    title = "This style is not offered on this product"


class FinalCanceled(Conflict):
    code = "FinalCanceled"
    title = "The order line is canceled, refunded or removed"


class FinalInProgress(Conflict):
    code = "FinalInProgress"
    title = "The final is already being made"


class VariantAlreadyMapped(Conflict):
    code = "VariantAlreadyMapped"
    title = "Variant already mapped; remove the other mapping first"


class OrderIncomplete(Conflict):
    code = "OrderIncomplete"
    title = "The order must name every style once"


class UploadNotReady(Conflict):
    code = "UploadNotReady"
    title = "The photo is not uploaded or checked yet"


class PreviewRefused(Problem):
    """No print can be made of the photo with this size and crop; the shopper must change one of them."""

    code = "PreviewRefused"
    status, title = 422, "This photo cannot fill this size"


class SizeRequired(PreviewRefused):
    code = "SizeRequired"
    title = "This product has several sizes; choose one"


class CropRequired(PreviewRefused):
    code = "CropRequired"
    title = "Photo and size differ in shape; send `crop`"


class InvalidCrop(InvalidInput):
    code = "InvalidCrop"
    title = "The crop does not fit photo or size"


class ResolutionTooLow(PreviewRefused):
    code = "ResolutionTooLow"
    title = "The photo is too small for this size"


class InvalidUpload(InvalidInput):
    code = "InvalidUpload"
    title = "The photo was rejected"


class InvalidUploadToken(Forbidden):
    code = "InvalidUploadToken"
    title = "The upload token is missing or invalid"


class QuotaExceeded(TooManyRequests):
    code = "QuotaExceeded"
    title = "The shop's monthly image quota is used up"


class StorageExceeded(TooManyRequests):
    code = "StorageExceeded"
    title = "The shop's storage is full"
    default_retry_after = 3600


class TooManyGenerations(TooManyRequests):
    """Sent with Retry-After: a slot becomes free when one of the shop's generations ends."""

    code = "TooManyGenerations"
    title = "Too many images in progress; try again shortly"
    default_retry_after = 5


class VisitorLimitReached(TooManyRequests):
    """A limit per visitor is reached. Has Retry-After; `extras` has `retry_at`, the time of the next possible attempt."""

    code = "VisitorLimitReached"
    title = "Limit of uploads or previews reached"

    def __init__(self, limit: VisitorLimit, full: FullCounter) -> None:
        wait = waiting_time(full.until - clock.now())
        if limit.group is VisitorGroup.ALL_GUESTS:
            detail = f"This shop's limit of {limit.action} for guests is reached. Log in, or try again in {wait}."
        else:
            detail = f"You have reached this shop's limit of {limit.action}. Try again in {wait}."
        super().__init__(detail, headers=refusal_headers(full), extras={"retry_at": clock.iso(full.until)})
