"""The audit log: changes are published as messages, stored once each, and listed."""

from __future__ import annotations

import json
from typing import Any

from chalicelib.integrations import storage
from chalicelib.kit import config, logs, messages
from chalicelib.kit.audit import OperatorActed
from chalicelib.kit.auth import Account
from chalicelib.kit.pagination import PageRequest, PageResult
from chalicelib.platform.domain import audit as rules
from chalicelib.platform.domain.audit import Change
from chalicelib.platform.domain.usage_logs import network_of
from chalicelib.platform.models import AuditLog
from chalicelib.platform.repository import audit
from chalicelib.platform.schemas.audit import AuditEntryRead, AuditQuery, OperatorAuditQuery, PlatformChanged

PREFIX = "audit-values"
"""Prefix of large fields in the images bucket, by scope. No lifecycle ends them: they stay as long as their entry."""

log = logs.logger("platform")


def message_of(account: Account, change: Change, source_ip: str = "") -> PlatformChanged:
    """Return the message of a change that `account` makes, for a unit of work to publish after its commit."""
    before, after = rules.changed_fields(change)
    return PlatformChanged(
        scope=change.scope,
        actor_id=account.id,
        actor_type=account.role,
        action=change.action,
        target=change.target,
        before=before,
        after=after,
        ip_network=network_of(source_ip),
    )


def publish_change(account: Account, change: Change, source_ip: str = "") -> None:
    """Log and publish a change that `account` has made."""
    log.info("change published", extra={"actor": account.id, "action": change.action, "about": change.target})
    messages.publish(message_of(account, change, source_ip))


def record_change(message: PlatformChanged) -> None:
    """Store the entry of a change of platform; a repeated message changes nothing."""
    _record(
        AuditLog(
            message.scope,
            message.message_id,
            actor_id=message.actor_id,
            actor_type=message.actor_type,
            action=message.action,
            target=message.target,
            before=_stored(message, "before", message.before),
            after=_stored(message, "after", message.after),
            ip_address=message.ip_network,
            created_at=message.occurred_at,
        )
    )


def record_operator_action(message: OperatorActed) -> None:
    """Store the entry of an operator's action in any context; a repeated message changes nothing."""
    _record(
        AuditLog(
            rules.scope_of(message.subject),
            message.message_id,
            actor_id=message.actor,
            actor_type=message.actor_type,
            action=message.action,
            target=message.subject,
            after=message.detail or None,
            created_at=message.occurred_at,
        )
    )


def list_store_entries(store_id: str, query: AuditQuery, page: PageRequest) -> PageResult[AuditEntryRead]:
    """Return a page of a store's entries, newest first."""
    return audit.list_entries(store_id, (query.start, query.end), page).map(_read)


def list_all_entries(query: OperatorAuditQuery, page: PageRequest) -> PageResult[AuditEntryRead]:
    """Return a page of the entries of a scope, or of an actor in all scopes, newest first."""
    span = query.start, query.end
    if query.actor is not None:
        return audit.list_entries_by_actor(query.actor, span, page).map(_read)
    return audit.list_entries(query.scope, span, page).map(_read)


def _record(row: AuditLog) -> None:
    if not audit.add_entry(row):
        log.info("audit entry skipped: it is stored", extra={"scope": row.scope, "entry": row.id})


def _stored(message: PlatformChanged, side: str, fields: dict[str, Any] | None) -> dict[str, Any] | str | None:
    """Return the fields for the row: as they are, or the address of large ones, put into S3."""
    if fields is None or not rules.is_large(fields):
        return fields
    key = f"{PREFIX}/{message.scope}/{message.message_id}-{side}.json"
    url = storage.address(config.settings().images_bucket, key)
    storage.put(url, json.dumps(fields, ensure_ascii=False).encode(), "application/json")
    return url


def _loaded(stored: dict[str, Any] | str | None) -> dict[str, Any] | None:
    """Return the fields of a row, from S3 if it holds their address."""
    return dict(json.loads(storage.get(stored))) if isinstance(stored, str) else stored


def _read(row: AuditLog) -> AuditEntryRead:
    return AuditEntryRead(
        id=row.id,
        scope=row.scope,
        actor_id=row.actor_id,
        actor_type=row.actor_type,
        action=row.action,
        target=row.target,
        before=_loaded(row.before),
        after=_loaded(row.after),
        created_at=row.created_at,
    )
