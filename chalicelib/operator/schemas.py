"""Response schemas of dead letters and sizes."""

from chalicelib.kit.schemas import Schema, Timestamp


class DeadLetterQueueRead(Schema):
    """A queue with the approximate number of its dead letters."""

    queue: str
    dead_letters: int


class DeadLetterRead(Schema):
    """A message that failed five deliveries. Secrets and personal data in `body` are masked."""

    message_id: str
    name: str | None
    """The message's class, if it has one."""
    received: int
    sent_at: Timestamp
    body: str


class RedriveRead(Schema):
    """How many messages were moved back to their queue, and approximately how many are left."""

    queue: str
    moved: int
    left: int


class BucketRead(Schema):
    """Objects and bytes of one part of a bucket. Add up the parts: send `next_cursor` as `cursor` until it is null."""

    bucket: str
    objects: int
    bytes: int
    next_cursor: str | None
