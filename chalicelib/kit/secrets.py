"""Encryption of stored secrets, bound to the row they stand in: KMS in an account, a key file on this machine.

A sealed value reads `<kind>:<key id>:<base64>`; the key id stands with the value, so that keys can be rotated
while old values are still read. The key file is JSON: {"current": "<id>", "keys": {"<id>": "<base64 of 32 bytes>"}}.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.kit import aws, config
from chalicelib.kit.config import SettingMissing


class Unreadable(RuntimeError):
    """A sealed value that no key of ours opens for this row: tampered with, moved, or its key is gone."""


def seal(plain: str, row: str) -> str:
    """Encrypt `plain` (at most 4 KB) for the place `row`, e.g. `shops/<shop>/<app>/access_token`."""
    key_id = config.settings().kms_key_id
    if key_id:
        answer = aws.client("kms").encrypt(KeyId=key_id, Plaintext=plain.encode(), EncryptionContext={"row": row})
        return f"kms:{key_id}:{base64.b64encode(answer['CiphertextBlob']).decode()}"
    current, keys = _key_file()
    nonce = secrets.token_bytes(12)
    data = nonce + _cipher(keys[current]).encrypt(nonce, plain.encode(), row.encode())
    return f"file:{current}:{base64.b64encode(data).decode()}"


def unseal(sealed: str, row: str) -> str:
    """The plain text of a value sealed for `row`. Raises Unreadable for any other."""
    kind, _, rest = sealed.partition(":")
    key_id, _, text = rest.rpartition(":")
    try:
        data = base64.b64decode(text, validate=True)
        plain: bytes = _decrypt(kind, key_id, data, row)
    except (ValueError, KeyError) as error:
        raise Unreadable("a stored secret cannot be opened") from error
    return plain.decode()


def is_current(sealed: str) -> bool:
    """Whether the value was sealed with the key that seals now."""
    kind, _, rest = sealed.partition(":")
    key_id = rest.rpartition(":")[0]
    kms = config.settings().kms_key_id
    return (kind, key_id) == (("kms", kms) if kms else ("file", _key_file()[0]))


def _decrypt(kind: str, key_id: str, data: bytes, row: str) -> Any:
    if kind == "kms":
        client = aws.client("kms")
        try:
            return client.decrypt(KeyId=key_id, CiphertextBlob=data, EncryptionContext={"row": row})["Plaintext"]
        except (client.exceptions.InvalidCiphertextException, client.exceptions.IncorrectKeyException) as error:
            raise Unreadable("a stored secret cannot be opened") from error
    if kind == "file":
        from cryptography.exceptions import InvalidTag

        try:
            return _cipher(_key_file()[1][key_id]).decrypt(data[:12], data[12:], row.encode())
        except InvalidTag as error:
            raise Unreadable("a stored secret cannot be opened") from error
    raise Unreadable("a stored secret of an unknown kind")


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


@cache
def _key_file() -> tuple[str, dict[str, bytes]]:
    path = config.settings().secrets_key_file
    if not path or not Path(path).exists():
        raise SettingMissing("set KMS_KEY_ID, or SECRETS_KEY_FILE to a key file that exists")
    content = json.loads(Path(path).read_text())
    return content["current"], {key_id: base64.b64decode(key) for key_id, key in content["keys"].items()}


def new_key_file(path: Path) -> None:
    """Write a key file with one fresh key, readable by its owner alone; an existing one is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    content = json.dumps({"current": "k1", "keys": {"k1": key}}, indent=2)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(content + "\n")


def forget() -> None:
    """Drop the keys that were read; for tests that rotate them."""
    _key_file.cache_clear()
