"""Table of the jobs that create, move and drop the databases of stores."""

from __future__ import annotations

from datetime import timedelta

from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.kit import tables
from chalicelib.kit.attributes import (
    DateTimeAttribute,
    EnumAttribute,
    ExpiryAttribute,
    IntegerAttribute,
    JsonAttribute,
    SecretAttribute,
    UnicodeAttribute,
)
from chalicelib.kit.tables import Table
from chalicelib.platform.enums import JobKind, JobStatus


class ProvisioningJobsByStore(GlobalSecondaryIndex["ProvisioningJob"]):
    """A store's jobs by time."""

    class Meta:
        index_name = "by_store"
        projection = KeysOnlyProjection()

    store_id = UnicodeAttribute(personal=False, hash_key=True)
    created_at = DateTimeAttribute(personal=False, range_key=True)


class ProvisioningJobsByLease(GlobalSecondaryIndex["ProvisioningJob"]):
    """Unfinished jobs by the end of their lease. Sparse."""

    class Meta:
        index_name = "by_lease"
        projection = KeysOnlyProjection()

    unfinished = UnicodeAttribute(personal=False, hash_key=True, null=True)
    lease_until = DateTimeAttribute(personal=False, range_key=True, null=True)


class ProvisioningJob(Table):
    """A job of a store. `fence` rises with every lease, so that the writes of a worker that lost its lease fail.

    `progress` is percent and never falls. `step` is the table or step within the status. `cursor` is where the step
    stands, never a list. `request` is the requested connection with its one-time tokens, removed when the job ends.
    `report` holds the differences found and what was adopted or left; over 4 kB it is an address in S3. `unfinished` is
    set while the job runs.
    """

    class Meta:
        table_name = tables.name("platform", "provisioning_jobs")

    KEEP = timedelta(days=365)
    by_store = ProvisioningJobsByStore()
    by_lease = ProvisioningJobsByLease()

    id = UnicodeAttribute(personal=False, hash_key=True)
    store_id = UnicodeAttribute(personal=False)
    kind = EnumAttribute(JobKind, personal=False, default=JobKind.PROVISION)
    status = EnumAttribute(JobStatus, personal=False)
    progress = IntegerAttribute(personal=False, default=0)
    message = UnicodeAttribute(personal=False, null=True)
    tables_created = IntegerAttribute(personal=False, default=0)
    total_tables = IntegerAttribute(personal=False, default=0)
    step = UnicodeAttribute(personal=False, null=True)
    cursor = JsonAttribute(personal=False, null=True)
    request = SecretAttribute(personal=False, null=True)
    report = JsonAttribute(personal=False, null=True)
    error_code = UnicodeAttribute(personal=False, null=True)
    error_message = UnicodeAttribute(personal=False, null=True)
    attempts = IntegerAttribute(personal=False, default=0)
    requested_by = UnicodeAttribute(personal=True)
    lease_holder = UnicodeAttribute(personal=False, null=True)
    lease_until = DateTimeAttribute(personal=False, null=True)
    unfinished = UnicodeAttribute(personal=False, null=True)
    fence = IntegerAttribute(personal=False, default=0)
    created_at = DateTimeAttribute(personal=False)
    updated_at = DateTimeAttribute(personal=False)
    completed_at = DateTimeAttribute(personal=False, null=True)
    expires_epoch = ExpiryAttribute(personal=False, null=True)
