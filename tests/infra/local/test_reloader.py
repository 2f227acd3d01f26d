"""Hot reload: a change of the code reaches the API and the workers of the running stack."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from infra.local.api_process import ApiNotLoaded, ApiProcess
from infra.local.environment import ROOT
from infra.local.pump import Pump
from infra.local.reloader import Reloader, changed_files, snapshot
from tests.timeouts import eventually

HOST = "127.0.0.1"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the code, which a test may change."""
    for name in ("app.py", "chalicelib", "infra"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def health(api: ApiProcess) -> httpx2.Response:
    return httpx2.get(f"http://{HOST}:{api.port}/health")


@contextmanager
def clients(api: ApiProcess) -> Iterator[list[int]]:
    """Call the API from four threads until the block ends; yield the statuses that they got."""
    statuses, stopping = list[int](), threading.Event()

    def call() -> None:
        while not stopping.is_set():
            statuses.append(health(api).status_code)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def test_a_reload_serves_the_new_code_and_refuses_no_request(checkout: Path) -> None:
    with ApiProcess(HOST, 0) as api:
        assert "x-changed-id" not in health(api).headers
        source = checkout / "chalicelib" / "kit" / "http" / "rendering.py"
        source.write_text(source.read_text().replace('"X-Request-Id"', '"X-Changed-Id"'))
        assert "X-Changed-Id" in source.read_text()
        with clients(api) as statuses:
            api.reload()
        assert set(statuses) == {200}
        assert "x-changed-id" in health(api).headers


def test_code_that_does_not_load_leaves_the_old_process_serving(checkout: Path) -> None:
    with ApiProcess(HOST, 0) as api:
        app = checkout / "app.py"
        whole = app.read_text()
        app.write_text("this is no Python\n")
        with pytest.raises(ApiNotLoaded):
            api.reload()
        assert health(api).status_code == 200
        app.write_text(whole)
        api.reload()
        assert health(api).status_code == 200


def test_code_that_does_not_load_ends_the_start(checkout: Path) -> None:
    (checkout / "app.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(ApiNotLoaded), ApiProcess(HOST, 0):
        pass


def _kill(api: ApiProcess) -> None:
    assert api._process is not None
    api._process.kill()
    api._process.wait()


def test_an_api_process_that_dies_is_replaced(checkout: Path) -> None:
    """Else the listening socket would accept connections that nobody answers."""
    with ApiProcess(HOST, 0) as api, Reloader(api, Pump(), checkout):
        _kill(api)
        assert health(api).status_code == 200


def test_a_dead_process_whose_code_does_not_load_waits_for_a_change(checkout: Path) -> None:
    app = checkout / "app.py"
    whole = app.read_text()
    with ApiProcess(HOST, 0) as api:
        app.write_text("this is no Python\n")
        _kill(api)
        with pytest.raises(ApiNotLoaded):
            api.revive()
        assert not api.revive()
        app.write_text(whole)
        api.reload()
        assert health(api).status_code == 200


def test_the_process_ends_with_its_parent(checkout: Path) -> None:
    code = (
        "from infra.local.api_process import ApiProcess; import time\n"
        "with ApiProcess('127.0.0.1', 0) as api: print(api._process.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    eventually(lambda: not _runs(child), "the child has ended")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_snapshot_names_what_changed(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    package = tmp_path / "chalicelib"
    package.mkdir()
    for name in ("kept.py", "changed.js", "removed.html", "compiled.pyc"):
        (package / name).touch()
    before = snapshot(tmp_path)
    os.utime(package / "changed.js", ns=(time.time_ns(), time.time_ns() + 10**9))
    os.utime(package / "compiled.pyc", ns=(time.time_ns(), time.time_ns() + 10**9))
    (package / "removed.html").unlink()
    (package / "added.py").touch()
    changed = changed_files(before, snapshot(tmp_path))
    assert [path.name for path in changed] == ["added.py", "changed.js", "removed.html"]
