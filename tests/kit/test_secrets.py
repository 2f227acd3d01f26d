"""Stored secrets: by a key file, and by KMS on the engine."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit import aws, config, secrets
from chalicelib.kit.config import SettingMissing
from chalicelib.kit.secrets import DecryptionFailed
from tests.kit.conftest import clear_caches

ROW = "shops/a.myshopify.com/studio/access_token"
WAYS = ["file", "kms"]


@pytest.fixture(params=WAYS)
def key_source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The current key source: key file or KMS."""
    if request.param == "kms":
        use_kms(monkeypatch)
    return str(request.param)


def use_kms(monkeypatch: pytest.MonkeyPatch) -> str:
    key_id = str(aws.client("kms").create_key()["KeyMetadata"]["KeyId"])
    monkeypatch.setenv("KMS_KEY_ID", key_id)
    clear_caches()
    return key_id


def use_file(monkeypatch: pytest.MonkeyPatch, path: Path, current: str, **keys: bytes) -> None:
    content = {"current": current, "keys": {name: base64.b64encode(key).decode() for name, key in keys.items()}}
    path.write_text(json.dumps(content))
    monkeypatch.setenv("SECRETS_KEY_FILE", str(path))
    clear_caches()


@pytest.mark.parametrize("plain", ["", "shpat_0123", "ü☃" * 100, "x" * 4000])
def test_a_secret_round_trips(key_source: str, plain: str) -> None:
    ciphertext = secrets.encrypt(plain, ROW)
    assert ciphertext.startswith(f"{key_source}:")
    assert secrets.decrypt(ciphertext, ROW) == plain
    assert not plain or plain not in ciphertext
    assert secrets.is_current(ciphertext)


def test_encryption_is_not_deterministic(key_source: str) -> None:
    assert secrets.encrypt("x", ROW) != secrets.encrypt("x", ROW)


def test_a_secret_is_bound_to_its_row(key_source: str) -> None:
    ciphertext = secrets.encrypt("x", ROW)
    with pytest.raises(DecryptionFailed):
        secrets.decrypt(ciphertext, ROW.replace("studio", "discounts"))


@given(position=st.integers(0, 40), mask=st.integers(1, 255))
def test_any_change_is_detected(position: int, mask: int) -> None:
    head, _, text = secrets.encrypt("a secret", ROW).rpartition(":")
    data = bytearray(base64.b64decode(text))
    data[position % len(data)] ^= mask
    with pytest.raises(DecryptionFailed):
        secrets.decrypt(f"{head}:{base64.b64encode(data).decode()}", ROW)


@pytest.mark.parametrize(
    "text", ["", "plain", "file:k1:", "file:k1:AA==", "file:none:QUJD", "file:k1:?", "aes:k1:QUJD"]
)
def test_other_text_is_unreadable(text: str) -> None:
    with pytest.raises(DecryptionFailed) as error:
        secrets.decrypt(text, ROW)
    assert not text or text not in str(error.value)


def test_key_files_rotate_without_downtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    use_file(monkeypatch, path, "k1", k1=b"1" * 32)
    old = secrets.encrypt("x", ROW)
    use_file(monkeypatch, path, "k2", k1=b"1" * 32, k2=b"2" * 32)
    assert secrets.decrypt(old, ROW) == "x"
    assert not secrets.is_current(old)
    new = secrets.encrypt("x", ROW)
    assert secrets.is_current(new)
    use_file(monkeypatch, path, "k2", k2=b"2" * 32)
    assert secrets.decrypt(new, ROW) == "x"
    with pytest.raises(DecryptionFailed):
        secrets.decrypt(old, ROW)


OTHER_PROCESS = """
import sys
from pathlib import Path
from chalicelib.kit import secrets
path, row = sys.argv[1:]
print(secrets.encrypt("by the old key", row), flush=True)
for sealed in sys.stdin:
    print(secrets.decrypt(sealed.strip(), row), flush=True)
    print(secrets.encrypt("by the new key", row), flush=True)
"""


def test_a_new_key_reaches_running_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process that has read the file decrypts values of a newer key, and then encrypts with that key."""
    path = tmp_path / "keys"
    secrets.new_key_file(path)
    monkeypatch.setenv("SECRETS_KEY_FILE", str(path))
    clear_caches()
    command = [sys.executable, "-c", OTHER_PROCESS, str(path), ROW]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin
        assert other.stdout
        old = other.stdout.readline().strip()
        assert secrets.is_current(old)
        assert secrets.add_key(path) == "k2"
        new = secrets.encrypt("a token", ROW)
        assert new.startswith("file:k2:")
        other.stdin.write(new + "\n")
        other.stdin.flush()
        assert other.stdout.readline().strip() == "a token"
        sealed_since = other.stdout.readline().strip()
        other.stdin.close()
    assert secrets.is_current(sealed_since)
    assert secrets.decrypt(sealed_since, ROW) == "by the new key"
    assert not secrets.is_current(old)
    assert secrets.decrypt(old, ROW) == "by the old key"


def test_only_an_old_key_can_be_dropped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    secrets.new_key_file(path)
    monkeypatch.setenv("SECRETS_KEY_FILE", str(path))
    clear_caches()
    old = secrets.encrypt("x", ROW)
    for key_id in ("k1", "k9"):
        with pytest.raises(ValueError, match=key_id):
            secrets.drop_key(path, key_id)
    secrets.add_key(path)
    secrets.drop_key(path, "k1")
    with pytest.raises(DecryptionFailed):
        secrets.decrypt(old, ROW)
    assert secrets.add_key(path) == "k3"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_migrate_from_the_key_file_to_kms_and_to_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    in_file = secrets.encrypt("x", ROW)
    use_kms(monkeypatch)
    first = secrets.encrypt("x", ROW)
    use_kms(monkeypatch)
    for ciphertext in (in_file, first):
        assert not secrets.is_current(ciphertext)
        assert secrets.decrypt(ciphertext, ROW) == "x"


def test_a_kms_key_can_be_named_by_arn(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    monkeypatch.setenv("KMS_KEY_ID", arn)
    clear_caches()
    assert secrets.decrypt(secrets.encrypt("x", ROW), ROW) == "x"


def test_a_new_key_file_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    secrets.new_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_text()
    secrets.new_key_file(path)
    assert path.read_text() == before


def test_a_missing_key_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "missing")):
        monkeypatch.setenv("SECRETS_KEY_FILE", path)
        clear_caches()
        with pytest.raises(SettingMissing, match="KMS_KEY_ID"):
            secrets.encrypt("x", ROW)
    assert config.settings().kms_key_id is None
