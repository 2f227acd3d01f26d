"""Commands that the operator stops."""

from __future__ import annotations

import os
import signal
from typing import Any

import pydantic
import pytest

from infra.ops.signals import Stopped, resumable, stoppable


class StoppedAmidItsSerializer(pydantic.BaseModel):
    """A document that takes a signal while pydantic writes it."""

    name: str = "a"

    @pydantic.model_serializer
    def stopped(self) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        return {}


def test_a_signal_amid_a_serializer_stops_the_command_and_says_how_to_resume() -> None:
    with pytest.raises(Stopped) as caught, stoppable(), resumable("Run it again."):
        StoppedAmidItsSerializer().model_dump_json()
    assert (caught.value.exit_code, caught.value.advice) == (143, "Run it again.")


def test_an_error_without_a_signal_stays_itself() -> None:
    with pytest.raises(ZeroDivisionError), stoppable(), resumable("Run it again."):
        1 / 0  # noqa: B018
