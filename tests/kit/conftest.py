"""The sample app on a real socket, and the captured log."""

from __future__ import annotations

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx2
import pytest

from chalicelib.kit import auth, config, secret_reader
from infra.local import server
from tests.kit import sample_app

Lines = Callable[[], list[dict[str, Any]]]
CaptureLog = Callable[[str], AbstractContextManager[Lines]]


@pytest.fixture(scope="session")
def sample_url() -> Iterator[str]:
    running = server.create(sample_app.create(), "127.0.0.1", 0)
    thread = threading.Thread(target=running.server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{running.server.server_port}"
    running.shutdown()
    running.server.server_close()


@pytest.fixture
def sample(sample_url: str) -> Iterator[httpx2.Client]:
    """A client of the sample app, signed in as the member `ann`."""
    sample_app.drafts.clear()
    sample_app.charges.clear()
    sample_app.failures.clear()
    sample_app.vendor.set()
    with httpx2.Client(base_url=sample_url, headers=member_headers("ann")) as client:
        yield client


def member_headers(member: str) -> dict[str, str]:
    """The headers of a member."""
    return {"Authorization": f"Bearer {auth.mint(auth.Role.MEMBER, member)}"}


@pytest.fixture
def capture_log() -> CaptureLog:
    """`with capture_log("http") as lines:` what a context's logger writes, parsed, when `lines()` is called."""

    @contextmanager
    def listen(context: str) -> Iterator[Lines]:
        logger = logging.getLogger(f"{config.settings().namespace}.{context}")
        output = io.StringIO()
        handler = logging.StreamHandler(output)
        handler.setFormatter(logger.handlers[0].formatter)
        logger.addHandler(handler)
        try:
            yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
        finally:
            logger.removeHandler(handler)

    return listen


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings and keys as the environment has them, before and after a test that changes it."""
    yield
    monkeypatch.undo()
    clear_caches()


def clear_caches() -> None:
    """Drop cached settings and secrets."""
    config.forget_settings()
    secret_reader.forget_secrets()


@pytest.fixture
def production_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of an account's stage, with keys from the environment."""
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("AWS_ACCOUNT_ID", "123456789012")
    monkeypatch.setenv("SIGNING_KEYS", "k1:a-key-of-sixteen-characters")
    for name in (
        "OBJECT_STORAGE_API_BASE",
        "SHOPIFY_API_BASE",
        "STRIPE_API_BASE",
        "SUPABASE_API_BASE",
        "AWS_ENDPOINT_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    clear_caches()
