"""Why an image model made no picture: what may pass is told from what will not, and each says so to the merchant."""

from __future__ import annotations

from typing import ClassVar


class ModelFailed(Exception):
    """The model made no picture. The text is for our log; `reason` is for the merchant and the shopper.

    `may_pass`: a preview is tried again. `is_refusal`: the picture itself is refused, which alone ends paid work.
    `ends_job`: a provider's job brings no picture any more, and another one may.
    """

    reason: ClassVar[str]
    may_pass: ClassVar[bool] = False
    is_refusal: ClassVar[bool] = False
    ends_job: ClassVar[bool] = False


class ContentRefused(ModelFailed):
    """The provider's moderation does not take the photo, the words, or what it made of them."""

    reason, is_refusal = "The image service refuses this photo or these words.", True


class StyleUnusable(ModelFailed):
    """The style's parameters mean nothing to the model."""

    reason = "The style is not set up rightly."


class ModelMisconfigured(ModelFailed):
    """Wrong model, region, access or request: the operator's affair."""

    reason = "The image service is not set up rightly."


class ModelGaveUp(ModelFailed):
    """A job that ended without a picture of use."""

    reason, ends_job = "The image service could not make this image.", True


class ModelThrottled(ModelFailed):
    """Too many requests for the account's quota."""

    reason, may_pass = "The image service is too busy; please try again later.", True


class ModelUnavailable(ModelFailed):
    """No answer in time, or a fault of the provider's."""

    reason, may_pass = "The image service does not answer; please try again later.", True


class ResultMissing(ModelUnavailable):
    """The provider has the job, or its result, no longer or not yet."""

    ends_job = True
