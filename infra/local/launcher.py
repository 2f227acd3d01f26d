"""Serves ministack on a socket inherited from its parent; run by the python of .venv-aws, started by `engine.py`.

The engine alone saves on a clean stop, one file per service. Here the whole state goes into one file that is replaced
atomically every few seconds, so that a killed machine loses seconds and never finds two services from different moments.
The same frozen state serves tests: frozen once after provisioning, thawed between them.

Admin paths, all POST: /_backroom/{reset,snapshot,restore,checkpoint}, and waiting, which tells the queues to look into.
"""

import argparse
import asyncio
import fcntl
import json
import os
import pickle
import shutil
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve  # type: ignore[import-not-found,unused-ignore]
from hypercorn.config import Config  # type: ignore[import-not-found,unused-ignore]
from ministack import app as ministack  # type: ignore[import-not-found,unused-ignore]

CHECKPOINT_SECONDS = 2.0
PARENT_CHECK_SECONDS = 0.5
LOCK_PATIENCE_SECONDS = 60.0
DELIVERY_PATIENCE_SECONDS = 60.0
ENDPOINT = f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}"

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Coroutine[Any, Any, Message]]


def collect() -> tuple[str, dict[str, Any]]:
    """Our address and a deep copy of each used service's state, as the engine itself would save it (S3 without objects)."""
    states = {name: get_state() for name, get_state in ministack._build_persistence_save_dict().items()}
    return ENDPOINT, {name: state for name, state in states.items() if state is not None}


def thaw(frozen: bytes) -> None:
    """Give each service its state back. The engine stores its own address (queue URLs): moved to where we listen now."""
    endpoint, states = pickle.loads(frozen)
    for name, state in states.items():
        if endpoint != ENDPOINT:
            state = relocated(state, endpoint)
        ministack._get_module(ministack._state_map[name]).load_persisted_state(state)


def relocated(value: Any, endpoint: str) -> Any:
    """`value` with `endpoint` replaced by ours in every string; containers are changed in place."""
    if isinstance(value, str):
        return value.replace(endpoint, ENDPOINT)
    if isinstance(value, tuple):
        return tuple(relocated(item, endpoint) for item in value)
    if isinstance(value, list):
        value[:] = [relocated(item, endpoint) for item in value]
    elif isinstance(value, dict):
        items = [(relocated(key, endpoint), relocated(item, endpoint)) for key, item in value.items()]
        value.clear()
        value.update(items)
    elif hasattr(value, "_data"):  # the engine's dictionaries by account and region
        relocated(value._data, endpoint)
    return value


def settle() -> None:
    """Wait for bucket notifications and topic deliveries: each runs in an unnamed thread of its own."""
    deadline = time.monotonic() + DELIVERY_PATIENCE_SECONDS
    for thread in threading.enumerate():
        if thread.name.endswith("(run)"):
            thread.join(max(0.0, deadline - time.monotonic()))


def waiting() -> list[str]:
    """The names of the queues that hold a message which may be received now."""
    now = time.time()
    queues = ministack._get_module("sqs")._queues._data.values()
    return sorted(
        queue["name"] for queue in queues if any(message["visible_at"] <= now for message in queue["messages"])
    )


class Launcher:
    """The engine's ASGI application with state that outlives it. `state_file` None: in memory only."""

    def __init__(self, state_file: Path | None, parent: int) -> None:
        self.state_file = state_file
        self.parent = parent
        self.stopping = asyncio.Event()
        self.writing = asyncio.Lock()
        self.saved = b""
        self.snapshot = b""
        self.is_as_restored = False
        self.polls: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await ministack.app(scope, receive, self.restoring(send))
        elif scope["type"] == "http" and scope["path"].startswith("/_backroom/"):
            await self.administer(scope["method"], scope["path"].removeprefix("/_backroom/"), send)
        else:
            self.is_as_restored = False
            try:
                await self.serve(scope, receive, send)
            finally:
                self.is_as_restored = False  # it may have written after a restore that came in between

    async def serve(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-amz-target", b"AmazonSQS.ReceiveMessage") in scope["headers"]:
            await self.poll(scope, receive, send)
        else:
            await ministack.app(scope, receive, send)

    def restoring(self, send: Send) -> Send:
        """Load the saved state when the engine has started and before it serves."""

        async def forward(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete" and self.state_file and self.state_file.exists():
                self.saved = self.state_file.read_bytes()
                thaw(self.saved)
            await send(message)

        return forward

    async def poll(self, scope: Message, receive: Receive, send: Send) -> None:
        """End a long poll with its client, to whom the engine would still hand the next message, and at a restore,
        where it would go on waiting on the queue of before.
        """
        request = [await receive()]
        while request[-1].get("more_body"):
            request.append(await receive())
        unread = iter(request)
        answered = False

        async def replay() -> Message:
            return next(unread, {"type": "http.disconnect"})

        async def answer(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        polling = asyncio.create_task(ministack.app(scope, replay, answer))
        leaving = asyncio.create_task(receive())
        self.polls.add(polling)
        await asyncio.wait({polling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        self.polls.discard(polling)
        left = leaving.done()
        leaving.cancel()
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling
        if not (answered or left):
            await respond(send, 200, b"{}")

    def end_polls(self) -> None:
        for polling in self.polls:
            polling.cancel()

    async def administer(self, method: str, action: str, send: Send) -> None:
        if (method, action) == ("POST", "waiting"):
            await asyncio.to_thread(settle)
            await respond(send, 200, json.dumps(waiting()).encode())
            return
        actions = {
            "reset": self.reset,
            "snapshot": self.take_snapshot,
            "restore": self.restore,
            "checkpoint": self.checkpoint,
        }
        status = 404
        if method == "POST" and action in actions:
            status = 409 if action == "restore" and not self.snapshot else 204
        if status == 204:
            await actions[action]()
        await respond(send, status)

    async def reset(self) -> None:
        """Empty the engine, on disk too."""
        await asyncio.to_thread(settle)
        self.is_as_restored = False
        ministack._reset_all_state()
        self.end_polls()
        await self.checkpoint()

    async def take_snapshot(self) -> None:
        await asyncio.to_thread(settle)
        self.snapshot = pickle.dumps(collect())
        self.is_as_restored = False

    async def restore(self) -> None:
        """Back to the snapshot; nothing to do where no request came since the last time.

        Emptying and thawing share one step of the event loop: no request sees a half-way state.
        """
        if self.is_as_restored:
            return
        await asyncio.to_thread(settle)
        self.is_as_restored = True
        ministack._reset_all_state()
        self.end_polls()
        thaw(self.snapshot)
        await self.checkpoint()

    async def checkpoint(self) -> None:
        """Save to disk if anything changed since the last time."""
        if self.state_file is None:
            return
        async with self.writing:
            frozen = await asyncio.to_thread(pickle.dumps, collect())
            if frozen != self.saved:
                await asyncio.to_thread(replace, self.state_file, frozen)
                self.saved = frozen

    async def checkpoint_often(self) -> None:
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            try:
                await self.checkpoint()
            except RuntimeError as error:  # a delivery thread changed a dict while it was copied
                print(f"checkpoint put off: {error}", file=sys.stderr, flush=True)

    async def until_stopped(self) -> None:
        """Return on a signal, or when whoever started us is gone."""
        while not self.stopping.is_set() and os.getppid() == self.parent:
            try:
                await asyncio.wait_for(self.stopping.wait(), PARENT_CHECK_SECONDS)
            except TimeoutError:
                continue
        self.end_polls()
        await self.checkpoint()

    async def run(self, descriptor: int) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        config = Config()
        config.bind = [f"fd://{descriptor}"]
        config.keep_alive_timeout = 75
        config.graceful_timeout = 0.2
        config.loglevel = ministack.LOG_LEVEL
        checkpoints = asyncio.create_task(self.checkpoint_often())
        await serve(self, config, shutdown_trigger=self.until_stopped)
        checkpoints.cancel()
        await self.checkpoint()


async def respond(send: Send, status: int, body: bytes = b"") -> None:
    headers = [(b"content-type", b"application/x-amz-json-1.0"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def replace(path: Path, content: bytes) -> None:
    """Write so that `path` holds the old or the new content at every moment."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def lock(path: Path, parent: int) -> int:
    """Hold the state for this process alone, and write down whose child this is.

    An engine whose parent is gone ends by itself, and is waited for. Raises SystemExit when another keeps the state.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    deadline = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline or is_running(path.read_text()):
                raise SystemExit(f"{path.parent} is in use by another engine; stop that one first") from None
            time.sleep(0.05)
        else:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(parent).encode())
            return descriptor


def is_running(pid: str) -> bool:
    """Whether the process lives; no number (nothing is written yet) is no process."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="descriptor of the listening socket")
    parser.add_argument("--parent", type=int, required=True, help="process to outlive by no more than a second")
    parser.add_argument("--state", type=Path, help="directory to keep state in; without it, memory only")
    arguments = parser.parse_args()
    state_file = None
    if arguments.state:
        lock(arguments.state / "engine.lock", arguments.parent)
        state_file = arguments.state / "engine.pickle"
    asyncio.run(Launcher(state_file, arguments.parent).run(arguments.socket))
    if os.getppid() != arguments.parent:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)  # nobody else is left to do it


if __name__ == "__main__":
    main()
