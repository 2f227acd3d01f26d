"""Where the programs of the servers come from, and under which user they run."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.databases import debian_packages, postgresql_binaries, unprivileged
from infra.local.databases.address import ServerUnavailable

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")


@pytest.fixture(autouse=True)
def _nothing_cached() -> Iterator[None]:
    for each in (unprivileged.prefix, postgresql_binaries.binaries):
        each.cache_clear()
    yield
    for each in (unprivileged.prefix, postgresql_binaries.binaries):
        each.cache_clear()


def program(path: Path, script: str = "echo version 1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def user_of(prefix: tuple[str, ...]) -> str:
    return subprocess.run([*prefix, "id", "-u"], capture_output=True, text=True, check=True).stdout.strip()


def test_the_servers_do_not_run_as_root() -> None:
    assert user_of(unprivileged.prefix()) != "0"


@ROOT_ONLY
def test_without_user_namespaces_root_becomes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unprivileged, "_NAMESPACE", ("false",))
    assert unprivileged.prefix()[0] == "setpriv"
    assert user_of(unprivileged.prefix()) == "65534"


@ROOT_ONLY
def test_a_directory_is_handed_to_nobody_if_nobody_can_reach_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(unprivileged, "_NAMESPACE", ("false",))
    open_folder = Path("/var/tmp") / f"backroom-{os.getpid()}"
    open_folder.mkdir()
    unprivileged.hand_over(open_folder)
    assert open_folder.stat().st_uid == 65534
    open_folder.rmdir()
    closed = tmp_path / "closed" / "data"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    with pytest.raises(ServerUnavailable, match="LOCAL_STATE_DIR"):
        unprivileged.hand_over(closed)


@ROOT_ONLY
def test_programs_in_a_closed_folder_run_from_a_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unprivileged, "_NAMESPACE", ("false",))
    monkeypatch.setattr("tempfile.tempdir", "/var/tmp")
    binary = program(tmp_path / "closed" / "package" / "a-server", 'exec "$(dirname "$0")"/../libraries/a-server')
    program(tmp_path / "closed" / "libraries" / "a-server")
    (tmp_path / "closed").chmod(0o700)
    assert not unprivileged.runs(binary)
    copy = unprivileged.reachable(binary.parent, "libraries")
    try:
        assert unprivileged.runs(copy / "a-server")
        assert unprivileged.reachable(binary.parent, "libraries") == copy
        os.chown(copy.parent, 65534, 65534)
        with pytest.raises(ServerUnavailable, match="belongs to another user"):
            unprivileged.reachable(binary.parent, "libraries")
    finally:
        shutil.rmtree(copy.parent)
        copy.parent.with_suffix(".lock").unlink()


def test_postgresql_of_the_wheel_is_preferred() -> None:
    assert postgresql_binaries.binaries().parts[-2:] == ("pginstall", "bin")


def test_postgresql_on_path_serves_without_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in ("postgres", "initdb"):
        program(tmp_path / "bin" / name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert postgresql_binaries.binaries() == tmp_path / "bin"


def test_the_newest_postgresql_of_debian_that_runs_serves_without_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name, **_: None if name == "postgres" else f"/usr/bin/{name}")
    monkeypatch.setattr(postgresql_binaries, "_DEBIAN", tmp_path)
    for version, script in (("9", "echo"), ("15", "echo"), ("18", "exit 1")):
        for name in ("postgres", "initdb"):
            program(tmp_path / version / "bin" / name, script)
    assert postgresql_binaries.binaries() == tmp_path / "15" / "bin"


def test_without_any_postgresql_the_message_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgresql_binaries, "_candidates", lambda: iter([tmp_path]))
    with pytest.raises(ServerUnavailable, match="make install"):
        postgresql_binaries.binaries()


def test_a_program_on_path_is_preferred_to_a_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    binary = program(tmp_path / "usr" / "bin" / "a-server")
    monkeypatch.setenv("PATH", f"{binary.parent}{os.pathsep}{os.environ['PATH']}")
    assert debian_packages.find_program("a-server", "a-package") == debian_packages.Program(binary, tmp_path / "usr")


def test_a_package_that_cannot_be_had_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian_packages, "UNPACKED", tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # root would fetch the lists of packages
    with pytest.raises(ServerUnavailable, match="no-such-package-of-backroom"):
        debian_packages.find_program("a-server", "no-such-package-of-backroom")
    assert [path.name for path in tmp_path.iterdir()] == ["no-such-package-of-backroom.lock"]
