"""One botocore session for the process and one client per service; nothing is built at import."""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.kit import config

if TYPE_CHECKING:
    from botocore.session import Session

_building = threading.Lock()  # a botocore session is not safe to build clients from in two threads


@cache
def session() -> Session:
    """The shared session; the embedded AWS gets the credentials it expects, whatever is exported or configured."""
    from botocore.session import get_session

    made = get_session()
    if config.settings().is_embedded:
        configured = made.get_component("config_store")
        configured.set_config_variable("profile", None)  # AWS_PROFILE may name one that is not on this machine
        configured.set_config_variable("config_file", os.devnull)
        configured.set_config_variable("credentials_file", os.devnull)
        made.set_credentials("test", "test")
    return made


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
        proxies={} if settings.is_embedded else None,  # {}: none, whatever HTTP_PROXY says
    )
    return session().create_client(
        service, region or settings.region, endpoint_url=settings.endpoint_url, config=options
    )


def client(service: str, region: str | None = None, read_timeout: int = 10, attempts: int = 4) -> Any:
    """The process's client of an AWS service, e.g. `client("sqs")`, of our region unless said otherwise.

    Safe to share between threads. An attempt may take `read_timeout` seconds.
    """
    with _building:
        return _client(service, region, read_timeout, attempts)


def forget() -> None:
    """Drop session and clients; for tests that change the endpoint."""
    session.cache_clear()
    _client.cache_clear()
