"""Data policies of retention's own tables and objects."""

from __future__ import annotations

from chalicelib.kit.data_policy import Bucket, ObjectPrefix, RetentionRule, TablePolicy
from chalicelib.kit.data_subjects import SubjectType
from chalicelib.retention.models import Archive, PrivacyRequest, RuleRun

RULES: tuple[RetentionRule, ...] = ()

TABLE_POLICIES = (
    TablePolicy(
        "retention/archives",
        Archive,
    ),
    TablePolicy(
        "retention/rule_runs",
        RuleRun,
        note="`cursor` holds the last key that a run has read; it is empty once the run is completed.",
    ),
    TablePolicy(
        "retention/privacy_requests",
        PrivacyRequest,
        note="A completed request has the subject's pseudonym and no progress.",
    ),
)
OBJECT_PREFIXES = (
    ObjectPrefix(
        Bucket.ARCHIVE,
        "archive/",
        note="Files with rows of the subject are rewritten without them.",
    ),
    ObjectPrefix(
        Bucket.ARCHIVE,
        "exports/",
        folders={
            SubjectType.SHOP: "exports/{shop_mark}/",
            SubjectType.CUSTOMER: "exports/{shop_mark}/{mark}/",
            SubjectType.MEMBER: "exports/{mark}/",
            SubjectType.STORE: "exports/{mark}/",
            SubjectType.OWNER: "exports/{mark}/",
        },
        shared_folders={SubjectType.CUSTOMER: "exports/{shop_mark}/whole/"},
        is_exported=False,
        note="The bucket deletes them after 14 days. Erasing a customer deletes the shop's own export; request a new one. "
        "A guest's export is found by its orders.",
    ),
)
