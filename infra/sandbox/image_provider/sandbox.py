"""The image provider sandbox: accepts jobs, finishes them on request and sends callbacks.

Callbacks are signed as in Standard Webhooks
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from typing import Any

from infra.sandbox.delivery import Delivery, Webhook, send
from infra.sandbox.server import Json, Request, Response, Route, SandboxServer, json_response

SANDBOX_TOKEN = "sandbox-image-token-of-no-real-account"
SANDBOX_WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"sandbox image provider secret 01").decode()


class ImageProviderSandbox(SandboxServer):
    """An image provider; `jobs` holds the requested jobs by id.

    `refuse_next` is the status and body with which the next job is refused. While `outage` is set, every response has
    its status and body.
    """

    def __init__(self, port: int = 0) -> None:
        super().__init__(
            port,
            [
                Route("POST", "/jobs", self._take),
                Route("GET", "/jobs/{job}", self._tell),
                Route("GET", "/results/{job}", self._result),
            ],
        )
        self.jobs: dict[str, Json] = {}
        self.refuse_next: tuple[int, Json] | None = None
        self.outage: tuple[int, bytes] | None = None
        self._results: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def finish(self, job: str, picture: bytes, url: str | None = None) -> None:
        """Mark the job as succeeded, with its image at `url`, by default at this sandbox."""
        self._results[job] = picture
        self.jobs[job] |= {"state": "succeeded", "image_url": url or f"{self.url}/results/{job}"}

    def end(self, job: str, state: str, error: str) -> None:
        """End the job without an image; `state` is `failed` or `refused`."""
        self.jobs[job] |= {"state": state, "error": error}

    def callback(
        self, job: str, *, secret: str = SANDBOX_WEBHOOK_SECRET, at: float | None = None, named: str | None = None
    ) -> Webhook:
        """Build the signed callback of a job without sending it; `named` replaces the job's id in the body."""
        body = json.dumps({"type": "job.finished", "data": {"id": named or job}}).encode()
        message_id, timestamp = f"msg_{uuid.uuid4().hex}", str(int(time.time() if at is None else at))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{base64.b64encode(bytes(32)).decode()} v1,{base64.b64encode(digest).decode()}",
            "Content-Type": "application/json",
        }
        return Webhook(self.jobs[job]["callback_url"], headers, body)

    def call_back(self, job: str, **options: Any) -> Delivery:
        """Sign the callback of a job and send it once."""
        return send(self.callback(job, **options))

    def lose(self, job: str) -> None:
        """Forget a job and its result."""
        del self.jobs[job]
        self._results.pop(job, None)

    def _take(self, request: Request) -> Response:
        if self.outage:
            return Response(*self.outage, {"Content-Type": "text/html"})
        if request.header("authorization") != f"Bearer {SANDBOX_TOKEN}":
            return json_response(401, {"error": "unauthorized"})
        if self.refuse_next is not None:
            (status, body), self.refuse_next = self.refuse_next, None
            return json_response(status, body)
        asked = request.fields()
        with self._lock:
            known = [job for job, row in self.jobs.items() if row["reference"] == asked["reference"]]
            job = known[0] if known else uuid.uuid4().hex
            self.jobs.setdefault(job, {**asked, "state": "processing"})
        return json_response(202, {"id": job})

    def _tell(self, request: Request, job: str) -> Response:
        if self.outage:
            return Response(*self.outage, {"Content-Type": "text/html"})
        if request.header("authorization") != f"Bearer {SANDBOX_TOKEN}":
            return json_response(401, {"error": "unauthorized"})
        if job not in self.jobs:
            return json_response(404, {"error": "no such job"})
        return json_response(200, {"id": job, **{k: v for k, v in self.jobs[job].items() if k in ANSWERED}})

    def _result(self, _: Request, job: str) -> Response:
        if self.outage:
            return Response(*self.outage, {"Content-Type": "text/html"})
        found = self._results.get(job)
        return Response(200, found, {"Content-Type": "image/png"}) if found else json_response(404, {})


ANSWERED = ("state", "image_url", "error")
