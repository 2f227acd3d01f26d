"""S3 clients with the keys of a bucket's owner. Their session cannot read Backroom's credentials."""

from __future__ import annotations

import os
import threading
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.integrations.object_storage.buckets import Bucket, endpoint_of, is_sandbox

if TYPE_CHECKING:
    from botocore.session import Session

CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 2, 3, 2
"""Timeouts in seconds, and calls of an operation: a storage that does not answer is abandoned after 10 seconds."""
MAX_CLIENTS = 16
"""The number of buckets whose client a process caches."""

_client_lock = threading.Lock()  # a botocore session must not create clients in two threads at once


@cache
def foreign_session() -> Session:
    """Return the session of all these clients. It reads no AWS config files."""
    from botocore.session import Session

    session = Session()
    variables = session.get_component("config_store")
    variables.set_config_variable("profile", None)
    variables.set_config_variable("config_file", os.devnull)
    variables.set_config_variable("credentials_file", os.devnull)
    return session


def client_of(bucket: Bucket) -> Any:
    """Return the client of a bucket. Threads may share it. Raises InvalidBucketPlace."""
    with _client_lock:
        return _client(bucket)


@lru_cache(maxsize=MAX_CLIENTS)
def _client(bucket: Bucket) -> Any:
    """Create a client. Checksums that Google and Supabase do not know are left out."""
    from botocore.config import Config

    endpoint = endpoint_of(bucket)
    options = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint.has_bucket_in_path else "virtual"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        proxies={} if is_sandbox() else None,  # {}: no proxy, even if HTTP_PROXY is set
    )
    return foreign_session().create_client(
        "s3",
        region_name=endpoint.region,
        endpoint_url=endpoint.url,
        aws_access_key_id=bucket.access_key,
        aws_secret_access_key=bucket.secret_key,
        config=options,
    )


def forget_clients() -> None:
    """Drop all clients; for tests that change the endpoint."""
    _client.cache_clear()
