"""One botocore session per process and one client per service, created on first use."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.kit import config

if TYPE_CHECKING:
    from botocore.session import Session

_client_lock = threading.Lock()  # a botocore session must not create clients in two threads at once


@cache
def session() -> Session:
    """Return the shared session. With the embedded AWS it has the credentials test/test and ignores AWS config files.

    In a live stage it keeps its own credentials, even with the embedded AWS, which takes the account from them.
    """
    from botocore.session import get_session

    aws_session = get_session()
    settings = config.settings()
    if settings.is_embedded and not settings.is_live:
        config_store = aws_session.get_component("config_store")
        config_store.set_config_variable("profile", None)  # AWS_PROFILE may name a profile that does not exist here
        config_store.set_config_variable("config_file", os.devnull)
        config_store.set_config_variable("credentials_file", os.devnull)
        aws_session.set_credentials("test", "test")
    return aws_session


@cache
def _client(service: str, region: str | None, read_timeout: int, attempts: int) -> Any:
    from botocore.config import Config

    settings = config.settings()
    options = Config(
        connect_timeout=2,
        read_timeout=read_timeout,
        max_pool_connections=25,
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": attempts},
        s3={"addressing_style": "path" if settings.is_embedded else "virtual"},
        signature_version="s3v4" if service == "s3" else None,
        proxies={} if settings.is_embedded else None,  # {}: no proxy, even if HTTP_PROXY is set
    )
    created = session().create_client(
        service, region or settings.region, endpoint_url=settings.endpoint_url, config=options
    )
    if service == "s3":
        created.meta.events.register("before-parameter-build.s3", _expect_our_bucket)
    return created


def _expect_our_bucket(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
    """Make S3 refuse the call (403) if the bucket belongs to another account, which may own a name that we deleted.

    A presigned request cannot carry this header: each client would have to send it (S3, "Verifying bucket ownership with
    bucket owner condition"). The region and the account in the bucket's name protect it instead.
    """
    if not context.get("is_presign_request") and "ExpectedBucketOwner" in model.input_shape.members:
        params.setdefault("ExpectedBucketOwner", config.settings().account_id)


def client(service: str, region: str | None = None, read_timeout: int = 10, attempts: int = 4) -> Any:
    """Return the shared client of an AWS service, e.g. `client("sqs")`, by default for our region.

    Threads may share it. One attempt takes at most `read_timeout` seconds.
    """
    with _client_lock:
        return _client(service, region, read_timeout, attempts)


def forget_clients() -> None:
    """Drop the session and all clients; for tests that change the endpoint."""
    session.cache_clear()
    _client.cache_clear()
