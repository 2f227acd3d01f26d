"""Decodes files from standard input, each in its own process: a fork of one that has imported only Pillow.

`outcomes(files)` starts it; a fresh interpreter for each of some thousand files would take minutes.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

MEGABYTES, CPU_SECONDS = 512, 20


def decode_outcomes(files: list[bytes]) -> list[Any]:
    """Return the outcome of each decoder for each file: a size, "good", "refused", or how its process ended."""
    lines = "\n".join(base64.b64encode(data).decode() for data in files)
    process = subprocess.run(
        [sys.executable, "-m", __name__],
        input=lines,
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return list(map(json.loads, process.stdout.splitlines()))


def _decode_size(data: bytes) -> list[Any]:
    from chalicelib.integrations.images.decoding import UnreadableImage, check_decodes, decode, decode_with_alpha

    results: list[Any] = []
    for work in (check_decodes, decode, lambda each: decode(each, long_side=16), decode_with_alpha):
        try:
            picture = work(data)
        except UnreadableImage:
            results.append("refused")
        else:
            results.append(picture.size if picture else "good")
    return results


def _decode_in_child(data: bytes) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES * 1_000_000,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
        try:
            os.write(writer, json.dumps(_decode_size(data)).encode())
        except BaseException as error:
            os.write(writer, json.dumps(f"{type(error).__name__}: {error}").encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as responses:
        response = responses.read().decode()
    _, status = os.waitpid(child, 0)
    return response if status == 0 else json.dumps(f"status {status}")


def main() -> None:
    """Respond line by line, with the plugins imported for all children."""
    from PIL import JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

    for line in sys.stdin.read().split("\n"):
        print(_decode_in_child(base64.b64decode(line)))


if __name__ == "__main__":
    main()
