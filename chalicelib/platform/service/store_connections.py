"""Connections to stores' databases: pooled ones for calls, single ones for jobs. The only way to a store's rows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from chalicelib.integrations.sql import engines, errors
from chalicelib.integrations.sql.circuit_breaker import CircuitBreaker
from chalicelib.integrations.sql.errors import FailureReason, ServerRefused, StatementFailed
from chalicelib.integrations.sql.servers import CALL_LIMITS, JOB_LIMITS, Limits, Server
from chalicelib.kit import clock, logs, secret_reader
from chalicelib.kit.errors import Problem, Unavailable
from chalicelib.platform import database_errors as problems
from chalicelib.platform.domain.store_places import StorePlace
from chalicelib.platform.models import Store
from chalicelib.platform.repository import integration_configs, store_engines, store_transactions
from chalicelib.platform.repository.store_transactions import StoreTransaction
from chalicelib.platform.service import allowed_hosts

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_PLACES = 200
"""Stores whose connection this process keeps decrypted."""
_RETRY_AFTER = 10

log = logs.logger("platform")

_places: OrderedDict[tuple[str, int], StorePlace] = OrderedDict()
_PROBLEMS: dict[type[ServerRefused], type[Problem]] = {
    errors.ServerUnreachable: problems.Unreachable,
    errors.ServerAddressForbidden: problems.HostNotAllowed,
    errors.ServerTlsInvalid: problems.TlsRefused,
    errors.ServerLoginRefused: problems.LoginRefused,
    errors.ServerDatabaseMissing: problems.DatabaseMissing,
    errors.ServerPrivilegeMissing: problems.PrivilegeMissing,
    errors.ServerTooOld: problems.VersionTooOld,
}


@contextmanager
def transaction(store: Store, limits: Limits = CALL_LIMITS) -> Iterator[StoreTransaction]:
    """Open a transaction in the store's database: commits at the end, rolls back on an exception.

    `store` must be read in this call: its `config_version` names the connection. Raises StoreNotProvisioned, Unavailable
    if the server cannot be used, and StatementFailed for an error of the server.
    """
    with ExitStack() as stack:
        try:
            opened = _open(stack, store, limits)
        except ServerRefused as error:
            log.warning("connection refused", extra={"store": store.id, "reason": type(error).__name__})
            raise Unavailable("The store's database cannot be reached.", retry_after=_RETRY_AFTER) from error
        yield opened


@contextmanager
def connect(server: Server, limits: Limits = JOB_LIMITS) -> Iterator[Connection]:
    """Open a single connection for a job. The caller commits.

    Raises HostNotAllowed, Unreachable, TlsRefused, LoginRefused, DatabaseMissing, PrivilegeMissing, VersionTooOld, and
    StatementFailed for an error of the server within the block.
    """
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(engines.connect(server, limits, allowed_hosts.load_allowed_hosts()))
        except ServerRefused as error:
            raise _PROBLEMS[type(error)] from error
        yield connection


def _open(stack: ExitStack, store: Store, limits: Limits) -> StoreTransaction:
    """Open the transaction; a refused login reads the connection again, once. Raises ServerRefused.

    Other stores with the same login read theirs again at their next call, whatever the breaker of the old login says.
    """
    place = _place(store)
    try:
        return stack.enter_context(_open_place(place, limits))
    except errors.ServerLoginRefused:
        _forget_server(place.server)
        secret_reader.forget_secrets()
        current = _place(store)
        if current == place:
            raise
        store_engines.close_engine(place.server)
        return stack.enter_context(_open_place(current, limits))


@contextmanager
def _open_place(place: StorePlace, limits: Limits) -> Iterator[StoreTransaction]:
    """Open a transaction unless the server failed several times. Raises Unavailable, ServerRefused, StatementFailed."""
    connector = store_engines.get_engine(place.server, limits, allowed_hosts.load_allowed_hosts)
    if connector.breaker.is_open(clock.now()):
        raise Unavailable("The store's database failed repeatedly.", retry_after=_RETRY_AFTER)
    with _counted(connector.breaker), store_transactions.open_transaction(connector.engine, place) as opened:
        yield opened


@contextmanager
def _counted(breaker: CircuitBreaker) -> Iterator[None]:
    """Note a refused or lost connection as a failure of the server, and a commit as a success."""
    try:
        yield
    except ServerRefused:
        breaker.record_failure(clock.now())
        raise
    except StatementFailed as error:
        if error.reason is FailureReason.DISCONNECTED:
            breaker.record_failure(clock.now())
        raise
    breaker.record_success()


def _place(store: Store) -> StorePlace:
    """Return where the store's tables are; the connection is decrypted once a version."""
    key = store.id, store.config_version
    place = _places.get(key)
    if place is None:
        place = integration_configs.load_place(store)
        _forget_earlier(store, place)
        _places[key] = place
        while len(_places) > MAX_PLACES:
            _places.popitem(last=False)
    return place


def _forget_earlier(store: Store, place: StorePlace) -> None:
    """Forget the store's earlier connections, and close those that no other store uses."""
    for key in [key for key in _places if key[0] == store.id]:
        earlier = _places.pop(key).server
        if earlier != place.server and all(other.server != earlier for other in _places.values()):
            store_engines.close_engine(earlier)


def _forget_server(server: Server) -> None:
    """Forget the connections of all stores with this login."""
    for key in [key for key, place in _places.items() if place.server == server]:
        del _places[key]


def close_connections() -> None:
    """Close all connections and forget where stores are; between tests."""
    _places.clear()
    store_engines.close_engines()
    allowed_hosts.forget_allowed_hosts()
