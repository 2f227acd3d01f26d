"""Data policies of kit's own tables and of stored messages."""

from __future__ import annotations

from chalicelib.kit.data_policy import Bucket, ObjectPrefix, RetentionRule, SubjectQuery, TablePolicy, columns
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.messages import STORED
from chalicelib.kit.models import IdempotencyRecord, Lock, Tombstone, UniqueValue

_SHORT_LIVED = "keys are hashes, and rows live for a day: an index would add a write to every request"

_OPERATORS = "stored responses to operators name the erased or exported subject; rows live for a day"

RULES: tuple[RetentionRule, ...] = ()

TABLE_POLICIES = (
    TablePolicy(
        "kit/guards",
        UniqueValue,
        personal=columns("guard owner"),
        impersonal=columns("created_at expires_epoch"),
        note="Each is deleted with the row that claims it. If DynamoDB's TTL deletes the row, it deletes the claim, too.",
    ),
    TablePolicy(
        "kit/idempotency",
        IdempotencyRecord,
        personal=columns("subject response"),
        impersonal=columns("key body_hash status in_progress_until created_at expires_epoch"),
        queries=(
            SubjectQuery(SubjectType.SHOP, "subject", "shop:{shop}", scan_reason=_SHORT_LIVED),
            SubjectQuery(SubjectType.SHOP, "subject", "shopper:{shop}:", contains=True, scan_reason=_SHORT_LIVED),
            SubjectQuery(SubjectType.CUSTOMER, "subject", "shopper:{shop}:{id}", scan_reason=_SHORT_LIVED),
            SubjectQuery(SubjectType.MEMBER, "subject", "member:{id}", scan_reason=_SHORT_LIVED),
            SubjectQuery(SubjectType.STORE, "subject", "store:{id}", scan_reason=_SHORT_LIVED),
            SubjectQuery(SubjectType.SHOP, "response", '"shop:{shop}"', contains=True, scan_reason=_OPERATORS),
            SubjectQuery(
                SubjectType.CUSTOMER, "response", '"customer:{shop}:{id}"', contains=True, scan_reason=_OPERATORS
            ),
            SubjectQuery(SubjectType.MEMBER, "response", '"member:{id}"', contains=True, scan_reason=_OPERATORS),
            SubjectQuery(SubjectType.STORE, "response", '"store:{id}"', contains=True, scan_reason=_OPERATORS),
        ),
        note="A response to another caller that mentions the subject (e.g. of a gift) stays for its day.",
    ),
    TablePolicy(
        "kit/locks",
        Lock,
        personal=columns("name"),
        impersonal=columns("holder fence held_until watermark"),
        queries=(SubjectQuery(SubjectType.SHOP, "name", "shops/tokens/{shop}/{app}"),),
    ),
    TablePolicy(
        "kit/tombstones",
        Tombstone,
        impersonal=columns("subject erased_at expires_epoch"),
        note="`subject` is always a pseudonym.",
    ),
)
OBJECT_PREFIXES = (
    ObjectPrefix(
        Bucket.IMAGES,
        f"{STORED}/",
        folders={
            SubjectType.SHOP: f"{STORED}/shop:{{shop}}:{{app}}/",
            SubjectType.CUSTOMER: f"{STORED}/shop:{{shop}}:",
            SubjectType.MEMBER: f"{STORED}/member:{{id}}/",
            SubjectType.STORE: f"{STORED}/store:{{id}}/",
        },
        content_matched=frozenset({SubjectType.CUSTOMER}),
        note="The bucket deletes them after 90 days.",
    ),
)
