"""Encryption of stored secrets, bound to their row: with KMS in an account, with a key file on this machine.

An encrypted value is `<kind>:<key id>:<base64>`. It holds the key id, so that keys can be rotated while old values stay
readable. The key file is JSON: {"current": "<id>", "keys": {"<id>": "<base64 of 32 bytes>"}}.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from chalicelib.kit import aws, config
from chalicelib.kit.config import SettingMissing


class DecryptionFailed(RuntimeError):
    """No key decrypts the value for this row: it was changed or moved, or its key was removed."""


def encrypt(plain: str, row: str) -> str:
    """Encrypt `plain` (at most 4 KB), bound to `row`, e.g. `shops/<shop>/<app>/access_token`."""
    key_id = config.settings().kms_key_id
    if key_id:
        answer = aws.client("kms").encrypt(KeyId=key_id, Plaintext=plain.encode(), EncryptionContext={"row": row})
        return f"kms:{key_id}:{base64.b64encode(answer['CiphertextBlob']).decode()}"
    current, keys = _key_file()
    nonce = secrets.token_bytes(12)
    data = nonce + _cipher(keys[current]).encrypt(nonce, plain.encode(), row.encode())
    return f"file:{current}:{base64.b64encode(data).decode()}"


def decrypt(ciphertext: str, row: str) -> str:
    """Return the plain text of a value encrypted for `row`. Raises DecryptionFailed for any other value."""
    kind, _, rest = ciphertext.partition(":")
    key_id, _, text = rest.rpartition(":")
    try:
        data = base64.b64decode(text, validate=True)
        plain: bytes = _decrypt(kind, key_id, data, row)
    except (ValueError, KeyError) as error:
        raise DecryptionFailed("a stored secret cannot be decrypted") from error
    return plain.decode()


def is_current(ciphertext: str) -> bool:
    """Return whether the value was encrypted with the current key."""
    kind, _, rest = ciphertext.partition(":")
    key_id = rest.rpartition(":")[0]
    kms = config.settings().kms_key_id
    return (kind, key_id) == (("kms", kms) if kms else ("file", _key_file()[0]))


def _decrypt(kind: str, key_id: str, data: bytes, row: str) -> Any:
    if kind == "kms":
        client = aws.client("kms")
        try:
            return client.decrypt(KeyId=key_id, CiphertextBlob=data, EncryptionContext={"row": row})["Plaintext"]
        except (client.exceptions.InvalidCiphertextException, client.exceptions.IncorrectKeyException) as error:
            raise DecryptionFailed("a stored secret cannot be decrypted") from error
    if kind == "file":
        from cryptography.exceptions import InvalidTag

        try:
            return _cipher(_key_file()[1][key_id]).decrypt(data[:12], data[12:], row.encode())
        except InvalidTag as error:
            raise DecryptionFailed("a stored secret cannot be decrypted") from error
    raise DecryptionFailed("a stored secret has an unknown kind")


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _key_file() -> tuple[str, dict[str, bytes]]:
    """Return the current key id and all keys; read the file again if another process changed it."""
    path = config.settings().secrets_key_file
    if not path or not Path(path).exists():
        raise SettingMissing("set KMS_KEY_ID, or SECRETS_KEY_FILE to a key file that exists")
    status = Path(path).stat()
    return _read_keys(path, status.st_ino, status.st_mtime_ns)


@lru_cache(maxsize=1)
def _read_keys(path: str, _inode: int, _changed: int) -> tuple[str, dict[str, bytes]]:
    content = json.loads(Path(path).read_text())
    return content["current"], {key_id: base64.b64decode(key) for key_id, key in content["keys"].items()}


def new_key_file(path: Path) -> None:
    """Write a key file with one new key, readable only by its owner. Does nothing if the file exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    content = json.dumps({"current": "k1", "keys": {"k1": key}}, indent=2)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(content + "\n")


def add_key(path: Path) -> str:
    """Add a new key, make it the current key and return its id. Running processes read the changed file."""
    content = json.loads(path.read_text())
    key_id = f"k{max(int(name[1:]) for name in content['keys']) + 1}"
    content["keys"][key_id] = base64.b64encode(secrets.token_bytes(32)).decode()
    _replace(path, content | {"current": key_id})
    return key_id


def drop_key(path: Path, key_id: str) -> None:
    """Remove a key; values encrypted with it become unreadable. Raises ValueError for the current or an unknown key."""
    content = json.loads(path.read_text())
    if key_id == content["current"] or key_id not in content["keys"]:
        raise ValueError(f"{key_id} is the current key or unknown")
    del content["keys"][key_id]
    _replace(path, content)


def _replace(path: Path, content: dict[str, Any]) -> None:
    """Replace the file atomically and durably; only its owner can read it."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(json.dumps(content, indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
