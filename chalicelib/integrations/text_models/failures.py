"""Failures of text models, transient and permanent."""

from __future__ import annotations

from typing import ClassVar


class TextModelFailed(Exception):
    """The model wrote no usable text. The exception's text is for our log; it holds nothing of the answer.

    `reason` is stored. `may_pass`: the failure is transient.
    """

    reason: ClassVar[str]
    may_pass: ClassVar[bool] = False


class TextRefused(TextModelFailed):
    """The provider's moderation refused the request or the answer."""

    reason = "refused"


class UnusableAnswer(TextModelFailed):
    """The model answered something other than the requested JSON."""

    reason = "unusable_answer"


class TextModelUnavailable(TextModelFailed):
    """The provider did not respond in time, throttles us, reported an error, or is not configured correctly."""

    reason, may_pass = "model_unavailable", True
