"""Buckets of store owners in the embedded AWS, and a gateway before them that checks keys as the vendors do.

The embedded AWS accepts any key in a signed request; the gateway verifies signatures (AWS Signature Version 4), and can
refuse, throttle and hang.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx2
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chalicelib.integrations.object_storage import clients
from chalicelib.integrations.object_storage.buckets import Bucket, Vendor
from chalicelib.kit import aws, config
from tests.timeouts import LIMIT

ACCESS_KEY = SECRET_KEY = "test"
"""The keys that the embedded AWS verifies presigned requests with."""
PLACES = {Vendor.AWS_S3: "eu-central-1", Vendor.GOOGLE_CLOUD: "", Vendor.SUPABASE: "abcdefghijklmnopqrst"}


def new_bucket(vendor: Vendor = Vendor.AWS_S3, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY) -> Bucket:
    """Create a bucket in the embedded AWS and return it with its keys."""
    name = f"owner-{uuid4().hex}"
    aws.client("s3").create_bucket(Bucket=name)
    return Bucket(vendor, name, PLACES[vendor], access_key, secret_key)


def storage_body(bucket: Bucket, /, **changes: Any) -> dict[str, Any]:
    """Return the body that names a bucket to the API."""
    place = {Vendor.AWS_S3: "region", Vendor.SUPABASE: "project"}.get(bucket.vendor)
    body = {"type": bucket.vendor.value, "bucket": bucket.name, **({place: bucket.place} if place else {})}
    return body | {"access_key": bucket.access_key, "secret_key": bucket.secret_key} | changes


def keys_of(bucket: Bucket) -> list[str]:
    """Return the keys of the objects in a bucket."""
    return [each["Key"] for each in aws.client("s3").list_objects_v2(Bucket=bucket.name).get("Contents", [])]


class StorageGateway:
    """A server that checks signatures with `keys` and passes requests on to the embedded AWS."""

    def __init__(self, engine_url: str) -> None:
        self.engine_url = engine_url
        self.keys = {ACCESS_KEY: SECRET_KEY}
        self.refusals: list[tuple[int, str]] = []
        """Status and code of the next answers."""
        self.requests: list[str] = []
        """Method and path of each request."""
        self.is_silent = False
        self.closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop the server and let hanging requests end."""
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()


def _handler(gateway: StorageGateway) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):  # http.server requires names such as do_GET
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            gateway.requests.append(f"{self.command} {urlsplit(self.path).path}")
            if gateway.is_silent:
                gateway.closed.wait(LIMIT)
                self.close_connection = True
                return
            refusal = gateway.refusals.pop(0) if gateway.refusals else _refusal(gateway, self)
            if refusal:
                status, code = refusal
                xml = f"<Error><Code>{code}</Code><Message>words of the vendor</Message></Error>"
                self._answer(status, {}, b"" if self.command == "HEAD" else xml.encode())
                return
            response = _pass_on(gateway, self, body)
            kept = {"content-type", "etag", "last-modified"}
            passed = {name: value for name, value in response.headers.items() if name in kept}
            if self.command == "HEAD":
                passed["content-length"] = response.headers.get("content-length", "0")
            self._answer(response.status_code, passed, response.content)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 - http.server names them

        def log_message(self, *_: Any) -> None:
            """Keep the output of the tests clean."""

    return Handler


def _pass_on(gateway: StorageGateway, handler: BaseHTTPRequestHandler, body: bytes) -> httpx2.Response:
    """Send the request to the embedded AWS, signed with its own keys."""
    headers = {"Content-Type": handler.headers["Content-Type"]} if "Content-Type" in handler.headers else {}
    request = AWSRequest(handler.command, gateway.engine_url + urlsplit(handler.path).path, headers, body)
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", config.settings().region).add_auth(request)
    return httpx2.request(handler.command, request.url, content=body, headers=dict(request.headers.items()))


def _refusal(gateway: StorageGateway, handler: BaseHTTPRequestHandler) -> tuple[int, str] | None:
    """Return status and code of a refusal of the request's signature; None if it is right."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}
    if "X-Amz-Signature" in query:
        signer, moment = S3SigV4QueryAuth, query["X-Amz-Date"]
        named = {
            "Credential": "X-Amz-Credential",
            "SignedHeaders": "X-Amz-SignedHeaders",
            "Signature": "X-Amz-Signature",
        }
        parts = {name: query[parameter] for name, parameter in named.items()}
    else:
        signer, moment = S3SigV4Auth, handler.headers["X-Amz-Date"]
        signed = handler.headers["Authorization"].partition(" ")[2]
        parts = dict(part.strip().split("=", 1) for part in signed.split(","))
    access_key, _, region, service, _ = parts["Credential"].split("/")
    if access_key not in gateway.keys:
        return 403, "InvalidAccessKeyId"
    headers = {name: handler.headers[name] for name in parts["SignedHeaders"].split(";") if name in handler.headers}
    path = handler.path.partition("&X-Amz-Signature=")[0]
    request = AWSRequest(handler.command, gateway.url + path, headers)
    request.context["timestamp"] = moment
    auth = signer(Credentials(access_key, gateway.keys[access_key]), service, region)
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    return None if hmac.compare_digest(expected, parts["Signature"]) else (403, "SignatureDoesNotMatch")


@pytest.fixture
def storage_gateway(monkeypatch: pytest.MonkeyPatch, engine: Any) -> Iterator[StorageGateway]:
    """The gateway, which stands for all vendors in this test."""
    gateway = StorageGateway(engine.endpoint_url)
    monkeypatch.setenv("OBJECT_STORAGE_API_BASE", gateway.url)
    config.forget_settings()
    clients.forget_clients()
    yield gateway
    monkeypatch.undo()
    config.forget_settings()
    clients.forget_clients()
    gateway.close()
