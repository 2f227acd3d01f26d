"""Unexpected errors of requests and jobs, published as messages for the error log of `analytics`.

A report has no personal data: text of the exception is masked, and frames have names of the code only. It fails nothing:
what goes wrong while it is published is logged.
"""

from __future__ import annotations

import contextvars
import hashlib
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

from chalicelib.kit import config, logs
from chalicelib.kit.errors import Unavailable, WriteConflict
from chalicelib.kit.messages import Message, publish
from chalicelib.kit.tables import is_throttled

OURS = "chalicelib"
MAX_TEXT = 500
MAX_FRAMES = 50
MAX_PER_MINUTE = 10
MINUTE = 60.0
PATIENCE_SECONDS = 1.0
"""How long a failed request or message waits for its report to be published."""
THREAD_NAME = "error-report"

log = logs.logger("kit")

Frame = tuple[str, str]
"""A module and a function."""

_sent: dict[str, deque[float]] = {}
"""By fingerprint: when this process reported it in the last minute."""
_sent_lock = threading.Lock()

_MASKS = (
    (re.compile(r"\w+://\S+"), "<url>"),
    (re.compile(r"(?<!\w)'[^']*(?:'|$)|\"[^\"]*(?:\"|$)", re.DOTALL), "<text>"),
    (re.compile(r"[\w-]+(?:\.[\w-]+)*\.myshopify\.com"), "<shop>"),
    (
        re.compile(r"[\w.+-]*\d[\w.:,+-]*"),
        "<number>",
    ),  # also UUIDs, hexadecimal, tokens, telephone numbers, IP addresses
)


class ErrorRaised(Message):
    """A request or a job failed unexpectedly. `handler` is the import path of its function, `stack` has a frame a line."""

    topic: ClassVar[str] = "kit-error_raised"

    type: str
    message: str
    severity: str
    frames: tuple[Frame, ...]
    stack: str
    fingerprint: str
    handler: str
    stage: str


def report(error: Exception, function: Callable[..., Any]) -> None:
    """Publish that `function` failed with `error`, at most ten times a minute and fingerprint in this process.

    Waits for at most a second, and raises nothing.
    """
    try:
        message = error_raised(error, function)
        if not _may_send(message.fingerprint):
            return
        context = contextvars.copy_context()
        sender = threading.Thread(target=context.run, args=(_send, message), name=THREAD_NAME, daemon=True)
        sender.start()
        sender.join(PATIENCE_SECONDS)
    except Exception:
        log.exception("error report failed")


def error_raised(error: Exception, function: Callable[..., Any]) -> ErrorRaised:
    """Return the report of an error. Its correlation id is that of the request or message; no caller chose it."""
    calls = _calls(error.__traceback__)
    frames = tuple(frame for frame, _ in calls)
    name, text = type(error).__qualname__, masked_text(str(error))
    handler = f"{function.__module__}.{function.__qualname__}"
    own = [frame for frame in frames if frame[0].partition(".")[0] == OURS]
    is_transient = is_throttled(error) or isinstance(error, Unavailable | WriteConflict)
    return ErrorRaised(
        type=name,
        message=text,
        severity="warning" if is_transient else "error",
        frames=frames,
        stack="\n".join(f"{module}.{called}:{line}" for (module, called), line in calls),
        fingerprint=hashlib.sha256(repr((name, handler, own or text)).encode()).hexdigest()[:32],
        handler=handler,
        stage=config.settings().stage,
        correlation_id=logs.current("request_id") or logs.current("message_id"),
    )


def masked_text(text: str) -> str:
    """Return the first line of a text, without secrets, addresses, quoted values and every word that has a digit."""
    line = str(logs.redact(text[: 4 * MAX_TEXT])).strip().partition("\n")[0]
    for pattern, mask in _MASKS:
        line = pattern.sub(mask, line)
    return line[:MAX_TEXT]


def _calls(trace: TracebackType | None) -> list[tuple[Frame, int]]:
    """Return the last frames with their lines, outermost first; a recursion is one frame."""
    calls: list[tuple[Frame, int]] = []
    while trace is not None:
        frame = trace.tb_frame
        call = ((str(frame.f_globals.get("__name__", "")), frame.f_code.co_qualname), trace.tb_lineno)
        if not calls or calls[-1] != call:
            calls.append(call)
        trace = trace.tb_next
    return calls[-MAX_FRAMES:]


def _may_send(fingerprint: str) -> bool:
    """Return whether the fingerprint was reported fewer than ten times in the last minute, and count this report."""
    now = time.monotonic()
    with _sent_lock:
        for old in [name for name, moments in _sent.items() if moments[-1] <= now - MINUTE]:
            del _sent[old]
        moments = _sent.setdefault(fingerprint, deque(maxlen=MAX_PER_MINUTE))
        if len(moments) == MAX_PER_MINUTE and moments[0] > now - MINUTE:
            return False
        moments.append(now)
        return True


def _send(message: ErrorRaised) -> None:
    try:
        publish(message)
    except Exception:
        log.exception("error report failed: not published")
