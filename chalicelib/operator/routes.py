"""`/operator/app`, the operator's console, and `/v1/operator/…`: dead letters and sizes of buckets."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from chalicelib.kit import front_door
from chalicelib.kit.auth import Account, Role, operator, support
from chalicelib.kit.front_door import Link, Person
from chalicelib.kit.http import ApiRequest, endpoint
from chalicelib.kit.lazy_app import load_all, queue_names
from chalicelib.kit.pagination import PageResult, paginate_in_order
from chalicelib.kit.schemas import Page, PageQuery, ShortListQuery
from chalicelib.operator.errors import BucketNotFound, QueueNotFound
from chalicelib.operator.pages.console import page
from chalicelib.operator.schemas import BucketRead, DeadLetterQueueRead, DeadLetterRead, RedriveRead
from chalicelib.operator.service import bucket_sizes, dead_letters
from chalicelib.shops.service import app_handles

bp = Blueprint(__name__)


def _links() -> list[Link]:
    console = "operator/app"
    return [
        Link(Person.OPERATOR, "Operator's console", console, "Signs you in: you may change everything.", Role.OPERATOR),
        Link(Person.OPERATOR, "Console as support", console, "Signs you in: you change nothing.", Role.SUPPORT),
    ]


front_door.register_links("operator", _links)


@bp.route("/operator/app", methods=["GET"])
@endpoint(bp, media_type="text/html")
def show_console(call: ApiRequest) -> Response:
    """Return the operator's console. The page contains no data: it reads them with an operator's token."""
    document = page.console_page(app_handles())
    return Response(document.html, document.headers, document.status)


@bp.route("/v1/operator/dead-letters", methods=["GET"])
@endpoint(bp, auth=support, query=ShortListQuery, returns=Page[DeadLetterQueueRead])
def list_dead_letter_queues(call: ApiRequest[Account, None, ShortListQuery]) -> PageResult[DeadLetterQueueRead]:
    """List every queue with the approximate number of its dead letters."""
    return paginate_in_order(_queues(), call.page, str).map(dead_letters.read_queue)


@bp.route("/v1/operator/dead-letters/{queue}", methods=["GET"])
@endpoint(bp, auth=support, query=PageQuery, returns=Page[DeadLetterRead])
def list_dead_letters(call: ApiRequest[Account, None, PageQuery], queue: str) -> PageResult[DeadLetterRead]:
    """Return up to `limit` dead letters of a queue, at most ten, masked. They stay in the queue.

    SQS returns any of them and has no order, so there is no next page.
    """
    return PageResult(dead_letters.list_dead_letters(_known_queue(queue), call.page.limit))


@bp.route("/v1/operator/dead-letters/{queue}/redrive", methods=["POST"])
@endpoint(bp, auth=operator, returns=RedriveRead)
def redrive_dead_letters(call: ApiRequest[Account], queue: str) -> RedriveRead:
    """Move up to 100 dead letters back to their queue; consumers are idempotent. Repeat it until none is left."""
    return dead_letters.redrive_dead_letters(call.principal, _known_queue(queue))


@bp.route("/v1/operator/buckets/{bucket}", methods=["GET"])
@endpoint(bp, auth=support, query=PageQuery, returns=BucketRead)
def measure_bucket(call: ApiRequest[Account, None, PageQuery], bucket: str) -> BucketRead:
    """Count the objects and bytes of a bucket, `images` or `archive`: at most 20,000 objects in one response."""
    names = bucket_sizes.bucket_names()
    if bucket not in names:
        raise BucketNotFound
    part = bucket_sizes.measure_bucket(names[bucket], call.page.start)
    cursor = call.page.cursor(part.last_key)
    return BucketRead(bucket=names[bucket], objects=part.objects, bytes=part.bytes, next_cursor=cursor)


def _queues() -> list[str]:
    return queue_names(load_all(bp.current_app))


def _known_queue(queue: str) -> str:
    if queue not in _queues():
        raise QueueNotFound
    return queue
