"""Failures of image models, transient and permanent, each with a reason for the merchant and the shopper."""

from __future__ import annotations

from typing import ClassVar


class ModelFailed(Exception):
    """The model made no picture. The exception's text is for our log; `reason` is for the merchant and the shopper.

    `may_pass`: the failure is transient, so a preview is retried. `is_refusal`: the content is refused; only this fails
    a paid final permanently. `ends_job`: the provider's job will return no picture, but a new job may.
    """

    reason: ClassVar[str]
    may_pass: ClassVar[bool] = False
    is_refusal: ClassVar[bool] = False
    ends_job: ClassVar[bool] = False


class ContentRefused(ModelFailed):
    """The provider's moderation refused the photo, the prompt or the generated picture."""

    reason, is_refusal = "The image service refused this photo or this text.", True


class StyleUnusable(ModelFailed):
    """The style's parameters are invalid for the model."""

    reason = "The style is not set up correctly."


class ModelMisconfigured(ModelFailed):
    """The model, region, access or request is wrong; the operator must correct it."""

    reason = "The image service is not set up correctly."


class ModelGaveUp(ModelFailed):
    """The job ended without a usable picture."""

    reason, ends_job = "The image service could not make this image.", True


class ModelThrottled(ModelFailed):
    """The requests exceed the account's quota."""

    reason, may_pass = "The image service is too busy; please try again later.", True


class ModelUnavailable(ModelFailed):
    """The provider did not respond in time, or reported an error of its own."""

    reason, may_pass = "The image service does not respond; please try again later.", True


class ResultMissing(ModelUnavailable):
    """The provider does not have the job or its result yet, or no longer has it."""

    ends_job = True
