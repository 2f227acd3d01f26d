"""Tables of administration: the platform's settings, and the audit log."""

from __future__ import annotations

from datetime import timedelta

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import DateTimeAttribute, IntegerAttribute, JsonAttribute, UnicodeAttribute
from chalicelib.kit.tables import Table


class PlatformSetting(Table):
    """A setting of the platform.

    `name` is `shared_servers`, `allowed_hosts`, `sign_up`, `deletion_grace_days` or `maintenance`. No value is a secret:
    `shared_servers` names its passwords in SSM.
    """

    class Meta:
        table_name = tables.name("platform", "platform_settings")

    name = UnicodeAttribute(personal=False, hash_key=True)
    value = JsonAttribute(personal=False)
    version = IntegerAttribute(personal=False, default=0)
    updated_by = UnicodeAttribute(personal=False, null=True)
    updated_at = DateTimeAttribute(personal=False)


class AuditLogsByActor(GlobalSecondaryIndex["AuditLog"]):
    """The entries of an actor."""

    class Meta:
        index_name = "by_actor"
        projection = KeysOnlyProjection()

    actor_id = UnicodeAttribute(personal=True, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)


class AuditLog(Table):
    """An entry of the audit log. Entries are only added; retention alone removes them, after archiving.

    `scope` is a store's id or `platform`. `id` is the UUIDv7 of the message or request, so that a repeat is the same
    entry. `action` is `<context>.<verb>`. `before` and `after` hold the changed fields, a secret as `changed`; over
    4 kB they are an address in S3.
    """

    class Meta:
        table_name = tables.name("platform", "audit_logs")

    KEEP = timedelta(days=730)
    by_actor = AuditLogsByActor()

    scope = UnicodeAttribute(personal=False, hash_key=True)
    id = UnicodeAttribute(personal=False, range_key=True)
    actor_id = UnicodeAttribute(personal=True)
    actor_type = UnicodeAttribute(personal=False)
    action = UnicodeAttribute(personal=False)
    target = UnicodeAttribute(personal=False)
    before = JsonAttribute(personal=True, null=True)
    after = JsonAttribute(personal=True, null=True)
    ip_address = UnicodeAttribute(personal=True, null=True)
    created_at = DateTimeAttribute(personal=False)
