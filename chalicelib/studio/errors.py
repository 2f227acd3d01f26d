"""What can go wrong in the studio. Class names are the API's `code`."""

from __future__ import annotations

from chalicelib.kit.errors import Conflict, Forbidden, InvalidInput, NotFound, PreconditionFailed, TooManyRequests


class WrongApp(Forbidden):
    title = "This is the studio's; the credential is another app's"


class ProductNotFound(NotFound):
    title = "There is no such product here"


class StyleNotFound(NotFound):
    title = "There is no such style here"


class SizeNotFound(NotFound):
    title = "There is no such size here"


class BaseNotFound(NotFound):
    title = "There is no such product base or variant here"


class ShopNotFound(NotFound):
    title = "This is no shop's domain, as Shopify writes it"


class GenerationNotFound(NotFound):
    title = "There is no such generation here"


class UploadNotFound(NotFound):
    title = "There is no such upload here"


class WatermarkNotFound(NotFound):
    title = "This shop has no watermark yet"


class ChangedMeanwhile(PreconditionFailed):
    title = "It was changed since you read it"


class InvalidPrompt(InvalidInput):
    title = "The prompt template cannot be used"


class InvalidSize(InvalidInput):
    title = "The print size cannot be made"


class InvalidImage(InvalidInput):
    title = "The picture cannot be used"


class TooManyStyles(Conflict):
    title = "A product has 99 styles at most"


class NotOffered(Conflict):
    title = "This style is not offered on this product"


class FinalCanceled(Conflict):
    title = "The line was cancelled, refunded or taken out of its order"


class FinalInProgress(Conflict):
    title = "The final is being made already"


class VariantAlreadyMapped(Conflict):
    title = "This Shopify variant of the product is spoken for by another; take that back first"


class OrderIncomplete(Conflict):
    title = "An order names every style of the product once"


class UploadNotReady(Conflict):
    title = "The photo is not there yet, or still being looked at"


class UploadRejected(InvalidInput):
    title = "The photo cannot be used"


class InvalidUploadToken(Forbidden):
    title = "The upload's token is missing or not valid"


class QuotaExceeded(TooManyRequests):
    title = "The shop's monthly number of images is used up"


class StorageExceeded(TooManyRequests):
    title = "The shop's storage is full"


class TooManyGenerations(TooManyRequests):
    """Answered with Retry-After: a slot frees when one of the shop's generations ends."""

    title = "The shop makes as many images at once as it may; try again shortly"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "5"})
