"""The state of a version, as small files: `dump` writes it with that version's code, `load` restores it in a later one.

The files hold every row, object and queued message, the sandboxes' states, the key file of stored tokens, and the values
that clients of that version hold (ids, cursors, properties, responses).
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chalicelib.kit import aws, config, messages

Json = dict[str, Any]
BINARY = "base64:"
PLAIN_BYTES = 50_000
"""Larger documents are compressed."""
BATCH_ROWS = 25
"""The limit of BatchWriteItem."""


def dump(folder: Path, values: Json, sandboxes: Mapping[str, Json], urls: Mapping[str, str]) -> None:
    """Write the state of the embedded AWS and of the sandboxes to `folder`; `urls` are replaced by their `<name>`."""
    documents = {
        "rows": dict(_rows()),
        "objects": dict(_objects()),
        "messages": dict(_messages()),
        "secrets": json.loads(Path(os.environ["SECRETS_KEY_FILE"]).read_text()),
        "values": values,
        **sandboxes,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        lines = [f" {json.dumps(key)}: {_text(value)}" for key, value in sorted(document.items())]
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        for url, placeholder in _placeholders(urls):
            text = text.replace(url, placeholder)
        data = text.encode()
        if len(data) > PLAIN_BYTES:
            (folder / f"{name}.json.gz").write_bytes(gzip.compress(data, mtime=0))
        else:
            (folder / f"{name}.json").write_bytes(data)


def load(folder: Path, urls: Mapping[str, str]) -> Json:
    """Restore rows and objects in the embedded AWS, and return all documents by name."""
    documents = {file.name.partition(".")[0]: _read(file, urls) for file in sorted(folder.glob("*.json*"))}
    pairs = [(_physical(table), item) for table, items in documents["rows"].items() for item in items]
    for start in range(0, len(pairs), BATCH_ROWS):
        requests: dict[str, list[Json]] = {}
        for name, item in pairs[start : start + BATCH_ROWS]:
            requests.setdefault(name, []).append({"PutRequest": {"Item": item}})
        assert not aws.client("dynamodb").batch_write_item(RequestItems=requests)["UnprocessedItems"]
    for address, text in documents["objects"].items():
        bucket, _, key = address.partition("/")
        body = base64.b64decode(text.removeprefix(BINARY)) if text.startswith(BINARY) else text.encode()
        aws.client("s3").put_object(Bucket=_buckets()[bucket], Key=key, Body=body)
    return documents


def _placeholders(urls: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, url in urls.items():
        yield url, f"<{name}>"
        yield quote(url, safe=""), f"<quoted {name}>"


def _text(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(json.dumps(each) for each in value) + "\n ]"
    return json.dumps(value)


def _read(file: Path, urls: Mapping[str, str]) -> Json:
    data = file.read_bytes()
    text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
    for purpose, bucket in _buckets().items():  # an earlier version named them without account and region
        text = re.sub(rf"\b{_physical(purpose)}\b(?!-\d{{12}})", bucket, text)
    for url, placeholder in _placeholders(urls):
        text = text.replace(placeholder, url)
    document: Json = json.loads(text)
    return document


def _physical(name: str) -> str:
    return f"{config.settings().namespace}-{name}"


def _buckets() -> dict[str, str]:
    settings = config.settings()
    return {"archive": settings.archive_bucket, "images": settings.images_bucket}


def _logical(names: list[str]) -> list[str]:
    prefix = f"{config.settings().namespace}-"
    return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _rows() -> Iterator[tuple[str, list[Json]]]:
    client = aws.client("dynamodb")
    pages = client.get_paginator("list_tables").paginate()
    for name in _logical([name for page in pages for name in page["TableNames"]]):
        found = client.get_paginator("scan").paginate(TableName=_physical(name))
        yield name, sorted((item for page in found for item in page["Items"]), key=lambda item: json.dumps(item))


def _objects() -> Iterator[tuple[str, str]]:
    """Objects of the bundle's buckets; the local stack keeps its template in another one."""
    client = aws.client("s3")
    for purpose, bucket in _buckets().items():
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                body = client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                yield f"{purpose}/{entry['Key']}", BINARY + base64.b64encode(body).decode()


def _messages() -> Iterator[tuple[str, list[str]]]:
    """Bodies by queue, without delayed messages; each message that is received here stays invisible."""
    client = aws.client("sqs")
    for name in _logical([url.rpartition("/")[2] for url in client.list_queues().get("QueueUrls", [])]):
        bodies = []
        while batch := client.receive_message(QueueUrl=messages.queue_url(name), MaxNumberOfMessages=10).get(
            "Messages"
        ):
            bodies += [message["Body"] for message in batch]
        if bodies:
            yield name, bodies
