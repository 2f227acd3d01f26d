"""`make run` from start to stop, beside `chalice local`, and a second start with the stored data."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx2
import psycopg
import pytest

from infra.local.databases.local_logins import OWNER, PASSWORDS
from infra.local.environment import ROOT
from infra.local.seed import APPS, SHOP
from tests.end_to_end.conftest import Start, free_ports
from tests.timeouts import LIMIT, eventually


def _stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=LIMIT)[0]
    assert process.returncode == 0
    return str(output)


def test_make_run_serves_requests_and_keeps_its_data_after_a_restart(
    start: Start, run_environment: dict[str, str]
) -> None:
    url = f"http://127.0.0.1:{run_environment['PORT']}"
    first = start()
    assert httpx2.get(f"{url}/ready").status_code == 200
    front_door = httpx2.get(url).text
    assert [f"{SHOP}/admin/apps/{app}" in front_door for app in APPS] == [True, True]
    assert not (Path(run_environment["LOCAL_STATE_DIR"]) / "databases").exists()  # no store needs a server yet
    port = int(run_environment["PORT"]) + 7
    login = f"postgresql://{OWNER}:{PASSWORDS[OWNER]}@127.0.0.1:{port}/{OWNER}"
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept ()")
    assert "Backroom is ready" in _stop(first)
    assert not (Path(run_environment["LOCAL_STATE_DIR"]) / "running.json").exists()

    second = start()
    token = httpx2.post(
        f"http://127.0.0.1:{int(run_environment['PORT']) + 1}/sandbox/session-tokens",
        json={"app": "studio", "shop": SHOP},
    ).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    history = httpx2.get(f"{url}/v1/shops/me/history", headers=headers).json()["items"]
    assert [entry["event_type"] for entry in history] == ["install"]
    assert httpx2.get(f"{url}/v1/studio/watermark", headers=headers).json()["is_active"]
    with psycopg.connect(login) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == ("kept",)
    engine = eventually(lambda: _engine_of(second), "the engine is listed")
    assert engine
    os.kill(engine, signal.SIGKILL)
    eventually(lambda: _engine_of(second) not in (None, engine), "the engine runs again")
    eventually(lambda: httpx2.get(f"{url}/v1/shops/me/history", headers=headers).json().get("items") == history)
    _stop(second)


def _engine_of(stack: subprocess.Popen[str]) -> int | None:
    """Return the process id of the stack's engine."""
    listing = subprocess.run(
        ["ps", "-Aww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    return next((int(pid) for pid, parent, args in rows if int(parent) == stack.pid and "launcher.py" in args), None)


@pytest.mark.parametrize("moment", ["aws/engine.lock", "shopify.json"])
def test_one_signal_ends_the_stack_at_any_moment_of_its_start(
    start: Start, run_environment: dict[str, str], moment: str
) -> None:
    """The engine starts; then the demo data are written. A file shows that each step has begun."""
    process = start(wait=False)
    eventually((Path(run_environment["LOCAL_STATE_DIR"]) / moment).exists, moment)
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=LIMIT)[0]
    assert (process.returncode, "Stopping" in output, "Backroom is ready" in output) == (0, True, False), output
    eventually(lambda: _is_free(int(run_environment["PORT"]) + 3), "the engine notices the end of the stack")


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False


def test_a_port_in_use_explains_the_remedy(start: Start, run_environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(run_environment["PORT"]) + 3)):
        process = start(wait=False)
        output = process.communicate(timeout=LIMIT)[0]
    assert process.returncode == 1
    assert f"Port {int(run_environment['PORT']) + 3}" in output
    assert "make run PORT=" in output
    assert "Traceback" not in output


def test_chalice_local_works_beside_make_run(start: Start, run_environment: dict[str, str]) -> None:
    start()
    port = free_ports(1)
    environment = run_environment | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{int(run_environment['PORT']) + 3}"}
    command = [
        str(Path(sys.executable).with_name("chalice")),
        "local",
        "--stage",
        "local",
        "--port",
        str(port),
        "--no-autoreload",
    ]
    chalice = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listening() -> bool:
        assert chalice.poll() is None, "the process ended"
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        return False

    try:
        eventually(listening, "chalice local listens")
        assert httpx2.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    finally:
        chalice.terminate()
        chalice.wait(LIMIT)


def test_an_unknown_schedule_lists_the_known_ones(start: Start, run_environment: dict[str, str]) -> None:
    start()
    command = [sys.executable, "-m", "infra.local", "tick", "nothing"]
    process = subprocess.run(command, cwd=ROOT, env=run_environment, capture_output=True, text=True)
    assert process.returncode == 1
    assert "retention-start_sweep" in process.stderr
    known = subprocess.run(
        [*command[:-1], "retention-start_sweep"], cwd=ROOT, env=run_environment, capture_output=True, text=True
    )
    assert (known.returncode, "done" in known.stdout) == (0, True), known.stderr
