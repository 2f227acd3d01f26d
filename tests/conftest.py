"""Fixtures: an embedded AWS per test process, the API on a real socket, the vendor sandboxes.

The settings are read at import, so the engine starts before our modules are imported.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx2
import pytest
from hypothesis import HealthCheck, settings

from infra.local.engine import Engine
from tests.timeouts import extend_client_timeouts

settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)  # a slow machine is no failure
settings.load_profile("patient")
extend_client_timeouts()

_PREFIXES = (
    "AWS_",
    "OBJECT_STORAGE_",
    "SHOPIFY_",
    "STRIPE_",
    "SUPABASE_",
    "IMAGE_",
    "KMS_",
    "SECRETS_",
    "SIGNING_",
    "TEXT_",
)


def _test_environment(engine: Engine, scratch: Path) -> None:
    """Replace exported variables of the developer with those of the tests."""
    for name in [name for name in os.environ if name.startswith(_PREFIXES)]:
        del os.environ[name]
    os.environ.update(engine.environment)
    os.environ.update(
        STAGE="test",
        TABLE_PREFIX="backroom",
        SECRETS_KEY_FILE=str(scratch / "secrets.key"),
        POWERTOOLS_LOG_LEVEL="WARNING",
        MAIL_FROM="backroom@example.com",
    )


_scratch = tempfile.TemporaryDirectory(prefix="backroom-tests-")
_engine = Engine.start()
_test_environment(_engine, Path(_scratch.name))

from infra.sandbox.shopify import SANDBOX_APPS, ShopifySandbox  # noqa: E402 - after the environment is set
from infra.sandbox.stripe import SANDBOX_SECRET_KEY, SANDBOX_WEBHOOK_SECRET, StripeSandbox  # noqa: E402
from infra.sandbox.supabase import SupabaseSandbox  # noqa: E402
from tests import databases  # noqa: E402

_shopify = ShopifySandbox(
    bucket_size=20_000,  # size and rate of the Plus plan: shorter waits
    restore_rate=1_000,
    session_seconds=3600,  # a session token must not expire during a slow test
)
_stripe = StripeSandbox()
_supabase = SupabaseSandbox(databases.postgresql, databases.pooler)
os.environ.update(
    OBJECT_STORAGE_API_BASE=_engine.endpoint_url,
    SHOPIFY_API_BASE=_shopify.url,
    STRIPE_API_BASE=_stripe.url,
    SUPABASE_API_BASE=_supabase.url,
    STRIPE_SECRET_KEY=SANDBOX_SECRET_KEY,
    STRIPE_WEBHOOK_SECRET=SANDBOX_WEBHOOK_SECRET,
)

for _app in SANDBOX_APPS.values():
    _name = f"SHOPIFY_{_app.handle.upper()}"
    os.environ.update({f"{_name}_API_KEY": _app.key, f"{_name}_API_SECRET": _app.secret})
    os.environ[f"{_name}_SCOPES"] = ",".join(_app.scopes)

from chalicelib.kit import clock, config, secrets  # noqa: E402
from infra.deploy import data_stack, handlers  # noqa: E402
from infra.deploy.handlers import Consumer  # noqa: E402
from infra.local import delivery, server  # noqa: E402
from infra.local.provision import provision  # noqa: E402
from tests import access, problem_records  # noqa: E402
from tests.databases import (  # noqa: E402, F401
    mariadb_database,
    mariadb_server,
    pgbouncer,
    postgresql_database,
    postgresql_server,
)
from tests.tls_databases import mariadb_tls_server, postgresql_tls_server  # noqa: E402, F401

secrets.new_key_file(Path(os.environ["SECRETS_KEY_FILE"]))
access.enforce()
problem_records.record()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _engine.stop()
    _scratch.cleanup()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Name the skipped browser tests in one line at the end."""
    yield
    skipped_tests = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.keywords]
    if skipped_tests:
        names = sorted({report.nodeid.partition("::")[2].partition("[")[0] for report in skipped_tests})
        terminalreporter.write_line(
            f"{len(skipped_tests)} browser tests were skipped, `make browser` installs Chromium: {', '.join(names)}"
        )


@pytest.fixture(scope="session")
def _provisioned() -> Engine:
    provision(is_expiring=False)
    _engine.snapshot()
    return _engine


@pytest.fixture(autouse=True)
def engine(_provisioned: Engine) -> Engine:
    """The embedded AWS with every resource of the bundle, empty."""
    _provisioned.restore()
    return _provisioned


@pytest.fixture(autouse=True)
def _gallery_first(engine: Engine, request: pytest.FixtureRequest) -> None:
    """Set up a test's gallery before its other fixtures: it restores a snapshot, which replaces every row."""
    if "gallery" in request.fixturenames:
        request.getfixturevalue("gallery")


@pytest.fixture(autouse=True)
def _roles() -> Iterator[None]:
    """Check that handlers and API use only the permissions of their packaged roles."""
    access.denied.clear()
    yield
    assert access.denied == []


@pytest.fixture(autouse=True)
def _problems() -> Iterator[None]:
    """Check that the OpenAPI document names the problems that each operation answered with."""
    problem_records.answers.clear()
    yield
    assert problem_records.undocumented() == []


@pytest.fixture(scope="session")
def api_url() -> Iterator[str]:
    """The URL of the API on the local Chalice server."""
    running = server.create(handlers.chalice_app(), "127.0.0.1", 0)
    thread = threading.Thread(target=running.server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{running.server.server_port}"
    os.environ["PUBLIC_URL"] = url
    config.forget_settings()
    yield url
    running.shutdown()
    running.server.server_close()


@pytest.fixture
def api(api_url: str) -> Iterator[httpx2.Client]:
    """A client of the API."""
    with httpx2.Client(base_url=api_url) as client:
        yield client


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stop our clock and the clock of PyJWT at a whole second, so that ages are exact."""
    moment = clock.now().replace(microsecond=0)

    class Stopped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Self:
            return cls.fromtimestamp(moment.timestamp(), tz)

    monkeypatch.setattr(clock, "now", lambda: moment)
    monkeypatch.setattr("jwt.api_jwt.datetime", Stopped)
    return moment


@pytest.fixture(scope="session", autouse=True)
def _sandboxes() -> Iterator[None]:
    _shopify.start()
    _stripe.start()
    _supabase.start()
    yield
    _supabase.stop()
    _shopify.stop()
    _stripe.stop()


@pytest.fixture
def shopify(api_url: str) -> ShopifySandbox:
    """The Shopify sandbox; it delivers webhooks to our API."""
    _shopify.app_base_url = api_url
    return _shopify


@pytest.fixture
def stripe_sandbox(api_url: str) -> StripeSandbox:
    """The Stripe sandbox; it delivers events to our API."""
    _stripe.webhook_url = f"{api_url}/webhooks/stripe"
    _stripe.reset()
    return _stripe


@pytest.fixture
def supabase(request: pytest.FixtureRequest) -> Iterator[SupabaseSandbox]:
    """The Supabase sandbox, without projects; those that a test creates are dropped after it."""
    request.getfixturevalue("postgresql_server")  # skips the test where there is no PostgreSQL
    yield _supabase
    _supabase.reset()


def _invoke(consumer: Consumer, event: dict[str, Any]) -> Any:
    return handlers.chalice_app().handler_map[consumer.name](event, None)


@pytest.fixture
def drain(engine: Engine) -> Callable[[], list[dict[str, Any]]]:
    """Deliver messages to their handlers until the queues are empty; return the failed messages."""

    def run() -> list[dict[str, Any]]:
        failures: list[dict[str, Any]] = []
        while waiting := engine.waiting():
            busy = [each for each in handlers.consumers() if data_stack.physical(each.queue) in waiting]
            batches = [(consumer, batch) for consumer in busy if (batch := delivery.receive(consumer))]
            if not batches:
                break
            for consumer, batch in batches:
                failures += delivery.deliver(consumer, batch, _invoke)
        return failures

    return run
