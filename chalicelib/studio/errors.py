"""Problems of the studio's API. A class's name is the API's `code`."""

from __future__ import annotations

from datetime import datetime

from chalicelib.kit import clock
from chalicelib.kit.attempts import retry_after
from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, TooManyRequests
from chalicelib.studio.domain.visitor_limits import VisitorGroup, VisitorLimit, waiting_time


class ProductNotFound(NotFound):
    title = "Product not found"


class StyleNotFound(NotFound):
    title = "Style not found"


class SizeNotFound(NotFound):
    title = "Size not found"


class BaseNotFound(NotFound):
    title = "Product base or variant not found"


class ShopNotFound(NotFound):
    title = "Invalid shop domain; expected example.myshopify.com"


class GenerationNotFound(NotFound):
    title = "Generation not found"


class UploadNotFound(NotFound):
    title = "Upload not found"


class WatermarkNotFound(NotFound):
    title = "This shop has no watermark yet"


class InvalidImage(InvalidInput):
    title = "Invalid image"


class TooManyStyles(Conflict):
    title = "A product can have at most 99 styles"


class NotOffered(Conflict):
    title = "This style is not offered on this product"


class FinalCanceled(Conflict):
    title = "The order line is canceled, refunded or removed"


class FinalInProgress(Conflict):
    title = "The final is already being made"


class VariantAlreadyMapped(Conflict):
    title = "Variant already mapped; remove the other mapping first"


class OrderIncomplete(Conflict):
    title = "The order must name every style once"


class UploadNotReady(Conflict):
    title = "The photo is not uploaded or checked yet"


class PreviewRefused(Problem):
    """No print can be made of the photo with this size and crop; the shopper must change one of them."""

    status, title = 422, "This photo cannot fill this size"


class SizeRequired(PreviewRefused):
    title = "This product has several sizes; choose one"


class CropRequired(PreviewRefused):
    title = "Photo and size differ in shape; send `crop`"


class InvalidCrop(InvalidInput):
    title = "The crop does not fit photo or size"


class ResolutionTooLow(PreviewRefused):
    title = "The photo is too small for this size"


class InvalidUpload(InvalidInput):
    title = "The photo was rejected"


class InvalidUploadToken(Forbidden):
    title = "The upload token is missing or invalid"


class QuotaExceeded(TooManyRequests):
    title = "The shop's monthly image quota is used up"


class StorageExceeded(TooManyRequests):
    title = "The shop's storage is full"


class TooManyGenerations(TooManyRequests):
    """Sent with Retry-After: a slot becomes free when one of the shop's generations ends."""

    title = "Too many images in progress; try again shortly"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})


class VisitorLimitReached(TooManyRequests):
    """A limit per visitor is reached. Has Retry-After; `extras` has `retry_at`, the time of the next possible attempt."""

    title = "Limit of uploads or previews reached"

    def __init__(self, limit: VisitorLimit, until: datetime, now: datetime) -> None:
        wait = waiting_time(until - now)
        if limit.group is VisitorGroup.ALL_GUESTS:
            detail = f"This shop's limit of {limit.action} for guests is reached. Log in, or try again in {wait}."
        else:
            detail = f"You have reached this shop's limit of {limit.action}. Try again in {wait}."
        super().__init__(detail, headers=retry_after(until, now), extras={"retry_at": clock.iso(until)})
