"""What the tables of the technique hold of people."""

from __future__ import annotations

from chalicelib.kit.lifecycle import Rule
from chalicelib.kit.messages import STORED
from chalicelib.kit.models import Guard, IdempotencyRecord, Lock, Tombstone
from chalicelib.kit.personal import Bucket, Claim, Holding, Prefix, columns
from chalicelib.kit.subjects import Who

_SHORT_LIVED = "keys are hashes, and rows live for a day: a key for this would cost every request"

_OPERATORS = "operators' answers name whom they had erased or exported; rows live for a day"

RULES: tuple[Rule, ...] = ()

PERSONAL = (
    Holding(
        "kit/guards",
        Guard,
        personal=columns("guard owner"),
        impersonal=columns("created_at expires_epoch"),
        remark="Each goes with the row that it guards. Where DynamoDB's TTL ends that row, it ends the guard, too.",
    ),
    Holding(
        "kit/idempotency",
        IdempotencyRecord,
        personal=columns("subject response"),
        impersonal=columns("key body_hash status in_progress_until created_at expires_epoch"),
        claims=(
            Claim(Who.SHOP, "subject", "shop:{shop}", scan=_SHORT_LIVED),
            Claim(Who.SHOP, "subject", "shopper:{shop}:", contains=True, scan=_SHORT_LIVED),
            Claim(Who.CUSTOMER, "subject", "shopper:{shop}:{id}", scan=_SHORT_LIVED),
            Claim(Who.MEMBER, "subject", "member:{id}", scan=_SHORT_LIVED),
            Claim(Who.STORE, "subject", "store:{id}", scan=_SHORT_LIVED),
            Claim(Who.SHOP, "response", '"shop:{shop}"', contains=True, scan=_OPERATORS),
            Claim(Who.CUSTOMER, "response", '"customer:{shop}:{id}"', contains=True, scan=_OPERATORS),
            Claim(Who.MEMBER, "response", '"member:{id}"', contains=True, scan=_OPERATORS),
            Claim(Who.STORE, "response", '"store:{id}"', contains=True, scan=_OPERATORS),
        ),
        remark="An answer to somebody else that tells of the subject otherwise (a gift's) lives on for its day.",
    ),
    Holding(
        "kit/locks",
        Lock,
        personal=columns("name"),
        impersonal=columns("holder fence held_until watermark"),
        claims=(Claim(Who.SHOP, "name", "shops/tokens/{shop}/{app}"),),
    ),
    Holding(
        "kit/tombstones",
        Tombstone,
        impersonal=columns("subject erased_at expires_epoch"),
        remark="`subject` is a pseudonym from the start.",
    ),
)
PREFIXES = (
    Prefix(
        Bucket.IMAGES,
        f"{STORED}/",
        folders={
            Who.SHOP: f"{STORED}/shop:{{shop}}:{{app}}/",
            Who.CUSTOMER: f"{STORED}/shop:{{shop}}:",
            Who.MEMBER: f"{STORED}/member:{{id}}/",
            Who.STORE: f"{STORED}/store:{{id}}/",
        },
        judged=frozenset({Who.CUSTOMER}),
        remark="The bucket ends them after 90 days.",
    ),
)
