"""The embedded AWS (ministack) as a child process on 127.0.0.1. It starts in about a third of a second."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from chalicelib.integrations.duckdb_engine import JSON_EXTRACT_SCALAR
from chalicelib.kit.config import EMBEDDED_ACCOUNT

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-aws" / "bin" / "python"
LAUNCHER = Path(__file__).with_name("launcher.py")
HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 60.0
CALL_SECONDS = 120.0
"""Upper limits in seconds. A crashed engine is noticed immediately, without waiting for them."""
EMPTY = "empty"
"""The name of the snapshot of a stack without rows."""


class EngineError(RuntimeError):
    """The engine cannot start or does not respond; the message names the remedy."""


class Engine:
    """A running engine. Use it as a context manager, or call `stop`. It stops if this process dies."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, region: str, scratch: Path) -> None:
        self.process = process
        self.port = port
        self.region = region
        self.endpoint_url = f"http://{HOST}:{port}"
        self._scratch = scratch

    @classmethod
    def start(cls, state_dir: Path | None = None, port: int = 0, account: str = EMBEDDED_ACCOUNT) -> Self:
        """Start an engine and wait until it responds.

        `state_dir` keeps tables, queues and objects between runs; without it everything is in memory. Port 0 selects
        a free port; `account` is the number of the account. Raises EngineError if the port is in use, or if the engine is not installed or does not start.
        """
        if not PYTHON.exists():
            raise EngineError(f"The embedded AWS engine is not installed ({PYTHON.parent.parent}): run `make install`.")
        try:
            listener = socket.create_server((HOST, port))
        except OSError as error:
            raise EngineError(
                f"{HOST}:{port} is in use: stop the process that listens there (`lsof -i :{port}`) or choose another port."
            ) from error
        scratch = Path(tempfile.mkdtemp(prefix="backroom-engine-"))
        with listener:
            port = listener.getsockname()[1]
            region = os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
            process = _spawn(listener, region, account, state_dir, scratch)
        engine = cls(process, port, region, scratch)
        try:
            engine._call("GET", "/_ministack/health", START_SECONDS)
        except BaseException:
            engine.kill()
            raise
        return engine

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make a process use this engine as AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",  # the engine verifies presigned URLs with these
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": self.region,
        }

    def reset(self) -> None:
        """Remove every resource and object, including those on disk."""
        self._call("POST", "/_backroom/reset")

    def snapshot(self, name: str = EMPTY) -> None:
        """Save the current resources, rows, messages and objects in memory, under a name for `restore`."""
        self._call("POST", f"/_backroom/snapshot/{name}")

    def restore(self, name: str = EMPTY) -> None:
        """Restore the snapshot, with no messages in flight. Without rows and objects it takes 5 ms."""
        self._call("POST", f"/_backroom/restore/{name}")

    def waiting(self) -> set[str]:
        """Wait for pending deliveries to queues, then return the queues that hold a visible message."""
        return set(json.loads(self._call("POST", "/_backroom/waiting")))

    def sent_emails(self) -> list[dict[str, Any]]:
        """Return the e-mails that were sent through SES, the oldest first."""
        kept = json.loads(self._call("GET", "/_ministack/ses/messages"))
        return [email for account in kept["messages"].values() for email in account]

    def checkpoint(self) -> None:
        """Save to `state_dir` now instead of within two seconds."""
        self._call("POST", "/_backroom/checkpoint")

    def stop(self) -> None:
        """Save and stop. Do nothing if the engine has already stopped."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._clean_up()

    def kill(self) -> None:
        """Kill the engine, as a crash would: changes since the last checkpoint are lost."""
        self.process.kill()
        self._clean_up()

    def _clean_up(self) -> None:
        self.process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _call(self, method: str, path: str, timeout: float = CALL_SECONDS) -> bytes:
        request = urllib.request.Request(self.endpoint_url + path, method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=timeout) as answer:
                return bytes(answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(f"The embedded AWS engine failed on {method} {path}: {error}\n{self._log()}") from error

    def _log(self) -> str:
        try:
            return (self._scratch / "engine.log").read_text(errors="replace")[-2000:]
        except FileNotFoundError:  # stopped, possibly by another thread
            return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _spawn(
    listener: socket.socket, region: str, account: str, state_dir: Path | None, scratch: Path
) -> subprocess.Popen[bytes]:
    """Start the child process with the listening socket.

    The child does not bind a second time, and requests sent before it is ready wait in the socket's backlog.
    """
    kept = state_dir or scratch
    kept.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "AWS_DEFAULT_REGION": region,
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_HOST": HOST,
        "GATEWAY_PORT": str(listener.getsockname()[1]),
        "STATE_DIR": str(kept / "engine"),
        "S3_PERSIST": "1" if state_dir else "0",
        "S3_DATA_DIR": str(kept / "objects"),
        "AUTH": "true",  # enforce IAM, queue and bucket policies, as an account does
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DUCKDB_MACRO": JSON_EXTRACT_SCALAR,  # Athena's function, for queries through the Athena API
        "DOCKER_HOST": f"unix://{scratch}/no-docker",  # otherwise it removes containers of the developer's daemon
    }
    command = [str(PYTHON), "-I", str(LAUNCHER), f"--socket={listener.fileno()}", f"--parent={os.getpid()}"]
    if state_dir:
        command.append(f"--state={state_dir.resolve()}")
    with (scratch / "engine.log").open("wb") as log:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C reaches only the parent, which stops the engine last
        )
