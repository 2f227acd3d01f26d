"""Data policies of kit's own tables and of stored messages."""

from __future__ import annotations

from chalicelib.kit.data_policy import Bucket, ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.kit.models import Attempt, CachedValue, IdempotencyRecord, Lock, Session, Tombstone, UniqueValue
from chalicelib.kit.payloads import STORED
from chalicelib.kit.subject_queries import ByKey, ByScan, SubjectQuery

_SHORT_LIVED = "keys are hashes, and rows live for a day: an index would add a write to every request"

_OPERATORS = "stored responses to operators name the erased or exported subject; rows live for a day"


def _requests_by(subject_type: SubjectType, value: str, *, contains: bool = False) -> SubjectQuery:
    """Return the query for idempotency records of a caller."""
    return SubjectQuery(subject_type, ByScan(column="subject", value=value, contains=contains, reason=_SHORT_LIVED))


def _responses_about(subject_type: SubjectType, value: str) -> SubjectQuery:
    """Return the query for idempotency records whose response names a subject."""
    return SubjectQuery(subject_type, ByScan(column="response", value=value, contains=True, reason=_OPERATORS))


RULES: tuple[RetentionRule, ...] = ()

TABLE_POLICIES = (
    TablePolicy(
        "kit/guards",
        UniqueValue,
        note="Each is deleted with the row that claims it. If DynamoDB's TTL deletes the row, it deletes the claim, too.",
    ),
    TablePolicy(
        "kit/idempotency",
        IdempotencyRecord,
        queries=(
            _requests_by(SubjectType.SHOP, "shop:{shop}"),
            _requests_by(SubjectType.SHOP, "shopper:{shop}:", contains=True),
            _requests_by(SubjectType.CUSTOMER, "shopper:{shop}:{id}"),
            _requests_by(SubjectType.MEMBER, "member:{id}"),
            _requests_by(SubjectType.STORE, "store:{id}"),
            _requests_by(SubjectType.OWNER, "owner:{id}"),
            _responses_about(SubjectType.SHOP, '"shop:{shop}"'),
            _responses_about(SubjectType.CUSTOMER, '"customer:{shop}:{id}"'),
            _responses_about(SubjectType.MEMBER, '"member:{id}"'),
            _responses_about(SubjectType.STORE, '"store:{id}"'),
            _responses_about(SubjectType.OWNER, '"owner:{id}"'),
        ),
        note="A response to another caller that mentions the subject (e.g. of a gift) stays for its day.",
    ),
    TablePolicy(
        "kit/locks",
        Lock,
        queries=(SubjectQuery(SubjectType.SHOP, ByKey("name", "shops/tokens/{shop}/{app}")),),
    ),
    TablePolicy(
        "kit/tombstones",
        Tombstone,
        note="`subject` is always a pseudonym.",
    ),
    TablePolicy(
        "kit/cache",
        CachedValue,
        queries=(SubjectQuery(SubjectType.SHOP, ByKey("key", "shop:{shop}:{app}")),),
        note="A value names no customer. It is computed again after five minutes and deleted after a day.",
    ),
    TablePolicy(
        "kit/sessions",
        Session,
        queries=(
            SubjectQuery(SubjectType.MEMBER, ByKey("subject", "member:{id}")),
            SubjectQuery(SubjectType.OWNER, ByKey("subject", "owner:{id}")),
        ),
    ),
    TablePolicy(
        "kit/attempts",
        Attempt,
        note="A key is a keyed hash, and the row expires with its window.",
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
            SubjectType.OWNER: f"{STORED}/owner:{{id}}/",
        },
        content_matched=frozenset({SubjectType.CUSTOMER}),
        note="The bucket deletes them after 90 days.",
    ),
)
