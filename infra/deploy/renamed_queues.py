"""Move messages from queues of earlier releases to the queues that replace them."""

from __future__ import annotations

from botocore.exceptions import ClientError

from chalicelib.kit import aws, messages

RENAMED = {
    "billing-apply": ("billing-process_stripe_event", "EventReceived"),
    "shops-register": ("shops-register_webhooks", "RegistrationRequested"),
    "shops-reimport": ("shops-backfill_events", "BackfillRequested"),
    "shops-apply": ("shops-apply_webhook", "DeliveryReceived"),
    "studio-inspect": ("studio-inspect_upload", "UploadChanged"),
    "studio-generate": ("studio-generate_preview", "GenerationRequested"),
    "studio-print": ("studio-make_final", "FinalRequested"),
    "studio-fulfil": ("studio-apply_order_change", "OrderPaid"),
    "studio-edit": ("studio-apply_order_change", "OrderEdited"),
    "studio-cancel": ("studio-apply_order_change", "OrderCancelled"),
    "studio-refund": ("studio-apply_order_change", "RefundCreated"),
    "studio-sync": ("studio-sync_product", "ProductUpdated"),
    "studio-disable": ("studio-disable_product", "ProductDeleted"),
    "retention-archive": ("retention-sweep_segment", "SweepRequested"),
    "retention-accept": ("retention-accept_privacy_request", "PrivacyRequested"),
    "retention-erase": ("retention-erase_subject", "ErasureRequested"),
    "retention-export": ("retention-export_subject", "ExportRequested"),
}
"""By queue of an earlier release: the queue that replaces it, and the class of its messages."""
DEAD = "-dead"


def move_messages() -> int:
    """Move the messages of renamed queues to the new queues, delete the old queues, and return the message count.

    A crash in between loses no message: each is deleted after it is sent, and each queue after it is empty.
    """
    moved = 0
    for old in RENAMED:
        for suffix in ("", "-dead"):
            try:
                moved += move_to_successor(f"{old}{suffix}")
                aws.client("sqs").delete_queue(QueueUrl=messages.queue_url(f"{old}{suffix}"))
            except ClientError as error:
                if "NonExistentQueue" not in error.response["Error"]["Code"]:
                    raise
    return moved


def successor(queue: str) -> tuple[str, str] | None:
    """Return the queue that replaces a queue or its dead-letter queue, and the class of its messages; None if none does."""
    base = queue.removesuffix(DEAD)
    if base not in RENAMED:
        return None
    new, name = RENAMED[base]
    return (f"{new}{DEAD}" if queue.endswith(DEAD) else new), name


def move_to_successor(queue: str) -> int:
    """Move the messages that can be received now to the successor, and return their count; 0 if there is none.

    A message that names its class keeps the name. Raises botocore's NonExistentQueue if the queue does not exist.
    """
    found = successor(queue)
    if found is None:
        return 0
    new, name = found
    sqs, source, moved = aws.client("sqs"), messages.queue_url(queue), 0
    while batch := sqs.receive_message(
        QueueUrl=source, MaxNumberOfMessages=10, MessageAttributeNames=[messages.NAME_ATTRIBUTE]
    ).get("Messages"):
        for message in batch:
            sqs.send_message(
                QueueUrl=messages.queue_url(new),
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes") or messages.name_attribute(name),
            )
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved
