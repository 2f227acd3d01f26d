"""Base of every model: one shared connection, table names by rule, transactions that report which write failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import TracebackType
from typing import Any, TypeVar

from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import DeleteError, PutError, PynamoDBException, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.kit import aws, config, logs, retries
from chalicelib.kit.errors import Conflict, Problem, Unavailable, WriteConflict
from chalicelib.kit.metrics import ROWS_UNREADABLE

M = TypeVar("M", bound=Model)

log = logs.logger("tables")

_UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What the attributes' deserialization raises; an error of the engine is none of these."""

THROTTLES = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TransactionInProgressException",
}
_ATTEMPTS = 6


class _SharedConnection(Connection):
    """A PynamoDB connection with the process's shared client; PynamoDB would create one per model."""

    @property
    def client(self) -> Any:
        return aws.client("dynamodb")


@cache
def connection() -> Connection:
    """Return the connection that all tables share."""
    return _SharedConnection(region=config.settings().region)


def name(context: str, table: str) -> str:
    """Return the name of a table: `<prefix>-<stage>-<context>-<table>`."""
    return config.settings().physical_name(f"{context}-{table}")


class Table(Model):
    """The base of every model. A subclass declares `class Meta: table_name = tables.name(context, table)`."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None:
            own = super()._get_connection()
            shared = connection()
            if own.table_name not in shared._tables:
                shared.add_meta_table(own.get_meta_table())
            own.connection = shared
        return super()._get_connection()


def loaded() -> list[type[Table]]:
    """Return the model of every table that this process has imported, sorted by table name."""
    return sorted(_below(Table), key=lambda model: str(model.Meta.table_name))


def _below(kind: type[Table]) -> list[type[Table]]:
    return [model for sub in kind.__subclasses__() for model in (sub, *_below(sub))]


def readable_rows(rows: Iterator[M]) -> Iterator[M]:
    """Iterate over the rows of a query; one that cannot be read is logged, counted in `RowsUnreadable`, and skipped.

    `rows` is pynamodb's iterator itself, which continues after such a row: a generator would end. Errors of the engine
    are raised. The log names no value of the row.
    """
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except _UNREADABLE as error:
            log.error("row skipped: not readable", extra={"error": type(error).__name__})
            ROWS_UNREADABLE.count()
            continue
        yield row


def is_throttled(error: BaseException) -> bool:
    """Return whether AWS throttled the request, after the client's own retries."""
    codes = {getattr(error, "cause_response_code", None), getattr(error, "response", {}).get("Error", {}).get("Code")}
    codes |= {reason.code for reason in getattr(error, "cancellation_reasons", ()) if reason}
    return bool(codes & (THROTTLES | {"ThrottlingError", "ProvisionedThroughputExceeded"}))


def copy_row(row: M, columns: Mapping[str, Any] | None = None) -> M:
    """Return a copy of the row that can be changed, with these columns replaced."""
    return type(row)(**{**_present_values(row), **(columns or {})})


def rows_differ(one: Model, other: Model) -> bool:
    """Return whether the rows differ in any value that is not None."""
    return _present_values(one) != _present_values(other)


def _present_values(row: Model) -> dict[str, Any]:
    return {name: value for name, value in row.attribute_values.items() if value is not None}


def column_actions(model: type[Model], columns: Mapping[str, Any]) -> list[Action]:
    """Return the actions of an update that sets columns by name; None removes a column."""
    attributes = model.get_attributes()
    return [
        attributes[name].remove() if value is None else attributes[name].set(value) for name, value in columns.items()
    ]


def put_if(row: Model, condition: Condition) -> bool:
    """Write the whole row. Returns False and writes nothing if the condition fails."""
    return _if(lambda: row.save(condition=condition))


def update_if(row: Model, actions: Sequence[Action], condition: Condition) -> bool:
    """Update attributes of the row with this row's key. Returns False and writes nothing if the condition fails."""
    return _if(lambda: row.update(list(actions), condition=condition))


def delete_if(row: Model, condition: Condition) -> bool:
    """Delete the row with this row's key. Returns False and deletes nothing if the condition fails."""
    return _if(lambda: row.delete(condition=condition))


def _if(write: Callable[[], object]) -> bool:
    """Write, and retry while a transaction holds the row. Returns False if the condition fails; raises Unavailable."""
    for _ in retries.attempts(_ATTEMPTS):
        try:
            write()
        except (PutError, UpdateError, DeleteError) as error:
            if error.cause_response_code == "ConditionalCheckFailedException":
                return False
            if error.cause_response_code != "TransactionConflictException":
                raise
        else:
            return True
    raise Unavailable("The row is locked by another transaction; retry.")


Otherwise = Problem | WriteConflict
"""What a write raises if its condition fails."""


@dataclass
class _Write:
    kwargs: dict[str, Any]
    otherwise: Otherwise | None
    model: type[Model]


@dataclass
class Transaction:
    """At most 100 writes that commit all or none, when the `with` block ends.

    Each write may have `otherwise`: the Problem or WriteConflict to raise if its condition fails. The first failed write
    in the order of the calls decides; `existing` of its error is the stored row. A conflict with another transaction is
    retried with jitter, then raised as Unavailable.
    """

    token: str | None = None
    _checks: list[_Write] = field(default_factory=list)
    _deletes: list[_Write] = field(default_factory=list)
    _puts: list[_Write] = field(default_factory=list)
    _updates: list[_Write] = field(default_factory=list)
    _order: list[_Write] = field(default_factory=list)

    def check(
        self, model: type[M], keys: Sequence[Any], condition: Condition, otherwise: Otherwise | None = None
    ) -> None:
        """Require that `condition` holds for a row that is not written."""
        range_key = keys[1] if len(keys) > 1 else None
        kwargs = model.get_operation_kwargs_from_class(keys[0], range_key=range_key, condition=condition)
        self._add(self._checks, kwargs, otherwise, model)

    def put(self, row: Model, condition: Condition | None = None, otherwise: Otherwise | None = None) -> None:
        """Write the whole row."""
        kwargs = row.get_save_kwargs_from_instance(condition=condition)
        self._add(self._puts, kwargs, otherwise, type(row))

    def add(self, row: Model, otherwise: Otherwise | None = None) -> None:
        """Write the row, which must not exist yet."""
        key = type(row).get_attributes()[type(row)._hash_keyname or ""]
        self.put(row, condition=key.does_not_exist(), otherwise=otherwise or Conflict("It already exists."))

    def update(
        self,
        row: Model,
        actions: Sequence[Action],
        condition: Condition | None = None,
        otherwise: Otherwise | None = None,
    ) -> None:
        """Update attributes of the row with this row's key; the instance does not change."""
        kwargs = row.get_update_kwargs_from_instance(actions=list(actions), condition=condition)
        self._add(self._updates, kwargs, otherwise, type(row))

    def delete(self, row: Model, condition: Condition | None = None, otherwise: Otherwise | None = None) -> None:
        """Delete the row with this row's key."""
        kwargs = row.get_delete_kwargs_from_instance(condition=condition)
        self._add(self._deletes, kwargs, otherwise, type(row))

    def _add(self, kind: list[_Write], kwargs: dict[str, Any], otherwise: Otherwise | None, model: type[Model]) -> None:
        kwargs["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        write = _Write(kwargs, otherwise, model)
        kind.append(write)
        self._order.append(write)

    def __enter__(self) -> Transaction:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._order:
            self._commit()

    def _commit(self) -> None:
        for _ in retries.attempts(_ATTEMPTS):
            try:
                connection().transact_write_items(
                    condition_check_items=[write.kwargs for write in self._checks],
                    delete_items=[write.kwargs for write in self._deletes],
                    put_items=[write.kwargs for write in self._puts],
                    update_items=[write.kwargs for write in self._updates],
                    client_request_token=self.token,
                )
                return
            except TransactWriteError as error:
                self._raise_for_conditions(error)
                if not _may_pass(error):
                    raise
        raise Unavailable("The rows are locked by another transaction; retry.")

    def _raise_for_conditions(self, error: TransactWriteError) -> None:
        sent = [*self._checks, *self._deletes, *self._puts, *self._updates]
        failed = {
            id(write): reason
            for write, reason in zip(sent, error.cancellation_reasons, strict=False)
            if reason and reason.code == "ConditionalCheckFailed"
        }
        for write in self._order:
            if id(write) in failed and write.otherwise is not None:
                write.otherwise.existing = _row(write.model, failed[id(write)].raw_item)
                raise write.otherwise from error
        if failed:
            raise Conflict from error


def _row(model: type[Model], item: dict[str, Any] | None) -> Model | None:
    if not item:
        return None
    row = model()
    row.deserialize(item)
    return row


def _may_pass(error: PynamoDBException) -> bool:
    codes = {reason.code for reason in getattr(error, "cancellation_reasons", ()) if reason}
    return bool(codes & {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}) or is_throttled(
        error
    )


def get_many(keys: Iterable[tuple[type[M], tuple[Any, ...]]], *, consistent: bool = False) -> list[M | None]:
    """Return rows of any tables by key, in the order of the keys, with one BatchGetItem; None for a missing row.

    At most 100 keys; `consistent` reads cost twice. Unprocessed keys are retried with backoff; raises Unavailable if
    some remain.
    """
    key_list = list(keys)
    if not key_list:
        return []
    requests: dict[str, dict[str, Any]] = {}
    for model, key in key_list:
        requests.setdefault(model.Meta.table_name, {"Keys": [], "ConsistentRead": consistent})["Keys"].append(
            _raw_key(model, key)
        )
    items_by_key: dict[tuple[str, str], dict[str, Any]] = {}
    models = {model.Meta.table_name: model for model, _ in key_list}
    for _ in retries.attempts(_ATTEMPTS):
        answer = aws.client("dynamodb").batch_get_item(RequestItems=requests, ReturnConsumedCapacity="TOTAL")
        for table, items in answer["Responses"].items():
            for item in items:
                items_by_key[table, repr(_key_of(models[table], item))] = item
        requests = answer.get("UnprocessedKeys") or {}
        if not requests:
            break
    else:
        raise Unavailable("The database is throttling requests.")
    rows = []
    for model, key in key_list:
        item = items_by_key.get((model.Meta.table_name, repr(_raw_key(model, key))))
        rows.append(_row(model, item))
    return rows  # type: ignore[return-value]


def _raw_key(model: type[Model], key: tuple[Any, ...]) -> dict[str, Any]:
    names = [model._hash_keyname, model._range_keyname]
    attributes = [model.get_attributes()[name] for name in names if name]
    return {a.attr_name: {a.attr_type: a.serialize(value)} for a, value in zip(attributes, key, strict=True)}


def _key_of(model: type[Model], item: dict[str, Any]) -> dict[str, Any]:
    names = [model.get_attributes()[name].attr_name for name in (model._hash_keyname, model._range_keyname) if name]
    return {name: item[name] for name in names}
