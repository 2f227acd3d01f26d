"""Serve ministack on a socket inherited from its parent. `engine.py` starts it with the Python of .venv-aws.

The engine itself saves on a clean stop only, one file per service. The launcher writes the whole state to one file and
replaces it atomically every two seconds: a crash loses seconds, and the states of all services have the same time.
Tests use the same serialized state: they save it once after provisioning and restore it between tests.

Admin paths, all POST: /_backroom/{reset,snapshot/NAME,restore/NAME,checkpoint,waiting}. `waiting` returns the queues with
visible messages.
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
from functools import partial
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve  # type: ignore[import-not-found,unused-ignore]
from hypercorn.config import Config  # type: ignore[import-not-found,unused-ignore]
from ministack import app as ministack  # type: ignore[import-not-found,unused-ignore]

CHECKPOINT_SECONDS = 2.0
PARENT_CHECK_SECONDS = 0.5
LOCK_PATIENCE_SECONDS = 60.0
DELIVERY_PATIENCE_SECONDS = 60.0
ANY_METHOD = "x-amazon-apigateway-any-method"
ENDPOINT = f"http://{os.environ['MINISTACK_HOST']}:{os.environ['GATEWAY_PORT']}"

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Coroutine[Any, Any, Message]]


def collect() -> tuple[str, dict[str, Any]]:
    """Return our address and a deep copy of each used service's state in the engine's format (S3 without objects)."""
    states = {name: get_state() for name, get_state in ministack._build_persistence_save_dict().items()}
    return ENDPOINT, {name: state for name, state in states.items() if state is not None}


def s3_buckets() -> dict[Any, dict[str, Any]]:
    """Return the engine's buckets by account and name."""
    buckets: dict[Any, dict[str, Any]] = ministack._get_module("s3")._buckets._data
    return buckets


def collect_objects() -> dict[Any, dict[str, Any]]:
    """Return the objects of each bucket, by key."""
    return {name: bucket["objects"] for name, bucket in s3_buckets().items()}


def thaw(frozen: bytes) -> None:
    """Restore each service's state. Replace the stored address, which is part of queue URLs, with the current one."""
    endpoint, states = pickle.loads(frozen)
    for name, state in states.items():
        if endpoint != ENDPOINT:
            state = relocated(state, endpoint)
        ministack._get_module(ministack._state_map[name]).load_persisted_state(state)


def relocated(value: Any, endpoint: str) -> Any:
    """Replace `endpoint` with our address in every string of `value`; change containers in place."""
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
    """Wait for bucket notifications and topic deliveries; each runs in its own unnamed thread."""
    deadline = time.monotonic() + DELIVERY_PATIENCE_SECONDS
    for thread in threading.enumerate():
        if thread.name.endswith("(run)") and thread.ident is not None:  # started
            thread.join(max(0.0, deadline - time.monotonic()))


def waiting() -> list[str]:
    """Return the names of the queues that hold a visible message."""
    now = time.time()
    queues = ministack._get_module("sqs")._queues._data.values()
    return sorted(
        queue["name"] for queue in queues if any(message["visible_at"] <= now for message in queue["messages"])
    )


class Launcher:
    """The engine's ASGI application with persistent state. `state_file` None: in memory only."""

    def __init__(self, state_file: Path | None, parent: int) -> None:
        self.state_file = state_file
        self.parent = parent
        self.stopping = asyncio.Event()
        self.writing = asyncio.Lock()
        self.saved = b""
        self.snapshots: dict[str, tuple[bytes, bytes]] = {}  # by name: the state and the objects
        self.restored = ""  # the snapshot that the state still equals
        self.polls: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await ministack.app(scope, receive, self.restoring(send))
        elif scope["type"] == "http" and scope["path"].startswith("/_backroom/"):
            await self.administer(scope["method"], scope["path"].removeprefix("/_backroom/"), send)
        else:
            self.restored = ""
            try:
                await self.serve(scope, receive, send)
            finally:
                self.restored = ""  # the request may have written after a concurrent restore

    async def serve(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-amz-target", b"AmazonSQS.ReceiveMessage") in scope["headers"]:
            await self.poll(scope, receive, send)
        else:
            await ministack.app(scope, receive, send)

    def restoring(self, send: Send) -> Send:
        """Return a `send` that loads the saved state after the engine has started and before it serves."""

        async def forward(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete" and self.state_file and self.state_file.exists():
                self.saved = self.state_file.read_bytes()
                thaw(self.saved)
            await send(message)

        return forward

    async def poll(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a long poll; cancel it when its client disconnects and at a restore.

        Otherwise the engine would deliver the next message to a disconnected client, or poll a replaced queue.
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
        action, _, name = action.partition("/")
        actions: dict[str, Callable[[], Awaitable[None]]] = {
            "reset": self.reset,
            "snapshot": partial(self.take_snapshot, name),
            "restore": partial(self.restore, name),
            "checkpoint": self.checkpoint,
        }
        status = 404
        if method == "POST" and action in actions:
            status = 409 if action == "restore" and name not in self.snapshots else 204
        if status == 204:
            await actions[action]()
        await respond(send, status)

    async def reset(self) -> None:
        """Remove all state, including the file on disk."""
        await asyncio.to_thread(settle)
        self.restored = ""
        ministack._reset_all_state()
        self.end_polls()
        await self.checkpoint()

    async def take_snapshot(self, name: str) -> None:
        await asyncio.to_thread(settle)
        self.snapshots[name] = pickle.dumps(collect()), pickle.dumps(collect_objects())
        self.restored = ""

    async def restore(self, name: str) -> None:
        """Restore a snapshot. Do nothing if no request came since it was last restored.

        Removal and restore run in one step of the event loop, so no request sees a partial state.
        """
        if self.restored == name:
            return
        await asyncio.to_thread(settle)
        self.restored = name
        ministack._reset_all_state()
        self.end_polls()
        state, objects = self.snapshots[name]
        thaw(state)
        for bucket, content in pickle.loads(objects).items():
            s3_buckets()[bucket]["objects"].update(content)
        await self.checkpoint()

    async def checkpoint(self) -> None:
        """Save to disk if the state has changed since the last checkpoint."""
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
                print(f"checkpoint postponed: {error}", file=sys.stderr, flush=True)

    async def until_stopped(self) -> None:
        """Return after a signal, or when the parent process has exited."""
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
    """Replace the content of `path` atomically."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def lock(path: Path, parent: int) -> int:
    """Lock the state for this process, and store its parent's process id in the lock file.

    An engine whose parent has exited stops soon, so wait for it. Raises SystemExit if another engine holds the lock.
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
    """Return whether the process runs; False if `pid` is no number (the lock file is still empty)."""
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def import_any_methods() -> None:
    """Make the engine import the method ANY of an OpenAPI document, which it ignores."""
    gateway = ministack._get_module("apigateway_v1")
    import_path_item = gateway._import_path_item

    def import_with_any(api_id: str, path: str, path_item: Message, *rest: Any) -> None:
        renamed = {"any" if method == ANY_METHOD else method: operation for method, operation in path_item.items()}
        import_path_item(api_id, path, renamed, *rest)

    gateway._OPENAPI_HTTP_METHODS.add("any")
    gateway._import_path_item = import_with_any


def check_configuration_sets() -> None:
    """Make the engine refuse a raw e-mail whose configuration set does not exist, which it ignores."""
    ses = ministack._get_module("ses")
    send_raw_email = ses._send_raw_email

    def send_checked(params: Message) -> Any:
        name = ses._p(params, "ConfigurationSetName")
        if name and name not in ses._configuration_sets:
            return ses._config_set_missing(name)
        return send_raw_email(params)

    ses._send_raw_email = send_checked


def define_athena_function() -> None:
    """Add the JSON function of Athena to each DuckDB database of the engine, which lacks it."""
    get_module = ministack._get_module

    def get_with_function(name: str) -> Any:
        module = get_module(name)
        if name == "athena":
            import duckdb

            if duckdb.connect is not connect:
                connections.append(duckdb.connect)
                duckdb.connect = connect
        return module

    connections: list[Callable[..., Any]] = []

    def connect(*arguments: Any, **options: Any) -> Any:
        connection = connections[0](*arguments, **options)
        connection.execute(os.environ["DUCKDB_MACRO"])
        return connection

    ministack._get_module = get_with_function


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", type=int, required=True, help="descriptor of the listening socket")
    parser.add_argument(
        "--parent", type=int, required=True, help="parent process id; stop within a second after it exits"
    )
    parser.add_argument("--state", type=Path, help="state directory; default: in memory only")
    arguments = parser.parse_args()
    state_file = None
    if arguments.state:
        lock(arguments.state / "engine.lock", arguments.parent)
        state_file = arguments.state / "engine.pickle"
    import_any_methods()
    check_configuration_sets()
    define_athena_function()
    asyncio.run(Launcher(state_file, arguments.parent).run(arguments.socket))
    if os.getppid() != arguments.parent:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)  # the parent cannot do it any more


if __name__ == "__main__":
    main()
