"""Child processes that succeed, and that fail in every way."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chalicelib.kit import child_process
from chalicelib.kit.child_process import ChildCrashed, ChildOutOfMemory, ChildRaised, ChildTimedOut, Limits
from tests.kit import child_functions

LIMITS = Limits(megabytes=512, cpu_seconds=20, seconds=100)


def call(function: Callable[..., bytes | None], *parts: bytes, limits: Limits = LIMITS, **options: Any) -> bytes:
    return child_process.call(function, parts, options, limits)


def test_bytes_round_trip_through_the_child() -> None:
    parts = (os.urandom(3_000_000), b"", os.urandom(5))
    assert call(child_functions.joined, *parts, separator="ü") == "ü".encode().join(parts)
    assert call(child_functions.nothing, b"x") == b""


def test_prints_of_the_child_are_discarded() -> None:
    assert call(child_functions.printing, b"answer") == b"answer"


def test_the_child_gets_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEYS", "k:secret")
    assert {"AWS_ACCESS_KEY_ID", "STRIPE_SECRET_KEY"} < set(os.environ)
    assert set(json.loads(call(child_functions.environment))) <= {"LD_LIBRARY_PATH", "PATH", "TZ", "LC_CTYPE"}


def test_the_child_gets_no_open_files(tmp_path: Path) -> None:
    """Standard input and output, the result pipe, and the listed folder."""
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        assert len(json.loads(call(child_functions.descriptors))) == 5


def test_the_child_imports_few_modules() -> None:
    modules = set(json.loads(call(child_functions.modules)))
    assert not modules & {"site", "multiprocessing", "subprocess", "chalice", "pydantic", "pynamodb", "botocore", "PIL"}


@pytest.mark.parametrize("function", ["null_pointer", "freed_twice", "killed", "exiting", "silent_exit"])
def test_a_crash_of_the_child_raises(function: str) -> None:
    with pytest.raises(ChildCrashed):
        call(getattr(child_functions, function))
    assert call(child_functions.joined, b"the next is well") == b"the next is well"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit address space")
def test_memory_has_a_limit() -> None:
    with pytest.raises(ChildOutOfMemory):
        call(child_functions.greedy, megabytes=600)
    assert call(child_functions.greedy, megabytes=200) == b"\1"


def test_cpu_time_has_a_limit() -> None:
    with pytest.raises(ChildTimedOut, match="CPU"):
        call(child_functions.spinning, limits=Limits(512, 1, 100))


def test_waiting_has_a_limit() -> None:
    with pytest.raises(ChildTimedOut, match="no answer"):
        call(child_functions.sleeping, limits=Limits(512, 1, 2))


def test_an_exception_keeps_its_name_and_text() -> None:
    with pytest.raises(ChildRaised) as error:
        call(child_functions.raising, text="first\nsecond: ü")
    assert (error.value.name, error.value.text) == ("LookupError", "first\nsecond: ü")
