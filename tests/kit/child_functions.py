"""Functions that the tests of `child_process` run in a child."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path


def joined(*parts: bytes, separator: str = "") -> bytes:
    return separator.encode().join(parts)


def nothing(data: bytes) -> None:
    assert data


def printing(data: bytes) -> bytes:
    print("not an answer")
    sys.stdout.flush()
    return data


def environment() -> bytes:
    return json.dumps(dict(os.environ)).encode()


def modules() -> bytes:
    return json.dumps(sorted(sys.modules)).encode()


def descriptors() -> bytes:
    return json.dumps([each.name for each in Path("/proc/self/fd").iterdir()]).encode()


def null_pointer() -> bytes:
    return ctypes.string_at(0)


def freed_twice() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = libc.calloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    block = libc.malloc(100_000)
    libc.free(block)
    libc.free(block)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exiting() -> None:
    os._exit(3)


def silent_exit() -> None:
    os._exit(0)


def greedy(*, megabytes: int) -> bytes:
    return bytes([len(bytearray(megabytes * 1_000_000)) > 0])


def spinning() -> None:
    while True:
        pass


def sleeping() -> None:
    time.sleep(3600)


def raising(*, text: str) -> None:
    raise LookupError(text)
