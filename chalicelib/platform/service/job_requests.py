"""The sealed request of a job: the requested database, the passwords that the job sets, and other secrets.

The passwords are generated before anything is created, so that a repeated step uses the same ones.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr, TypeAdapter

from chalicelib.kit.secrets import decrypt, encrypt
from chalicelib.platform.domain.sealed_columns import request_context
from chalicelib.platform.models import ProvisioningJob
from chalicelib.platform.repository.certificates import load_certificate, put_certificate
from chalicelib.platform.schemas.databases import Database

CERTIFICATE = "ca_certificate"
"""The key of the CA certificate's address in the job's cursor: each note writes the row, which must stay small."""
_PASSWORD_BYTES = 24


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A database, the password of the login that the store gets, and that of a new Supabase project.

    `details` has further parameters of the job's kind, as JSON that may hold secrets. A job that creates no place has
    no database.
    """

    database: Database = field(repr=False)
    login_password: str = field(repr=False)
    project_password: str = field(repr=False)
    details: dict[str, Any] = field(repr=False, default_factory=dict)


def new_request(database: Database, details: dict[str, Any] | None = None) -> JobRequest:
    """Return a request with new passwords of letters and digits."""
    return JobRequest(database, secrets.token_hex(_PASSWORD_BYTES), secrets.token_hex(_PASSWORD_BYTES), details or {})


def seal_details(job_id: str, details: dict[str, Any]) -> str:
    """Return the sealed request of a job that creates no place, for the job's column `request`."""
    return encrypt(json.dumps({"details": details}), request_context(job_id))


def unseal_details(job: ProvisioningJob) -> dict[str, Any]:
    """Return the details of an unfinished job's request. Raises DecryptionFailed."""
    return dict(json.loads(decrypt(job.request, request_context(job.id))).get("details", {}))


def seal_request(job_id: str, request: JobRequest) -> str:
    """Return the request as a value of the job's column `request`."""
    content = {
        "database": plain_database(request.database),
        "login_password": request.login_password,
        "project_password": request.project_password,
        "details": request.details,
    }
    return encrypt(json.dumps(content), request_context(job_id))


def unseal_request(job: ProvisioningJob) -> JobRequest:
    """Return the request of an unfinished job. Raises DecryptionFailed."""
    content = json.loads(decrypt(job.request, request_context(job.id)))
    certificate = load_certificate((job.cursor or {}).get(CERTIFICATE))
    if certificate:
        content["database"][CERTIFICATE] = certificate
    database: Database = TypeAdapter[Database](Database).validate_python(content["database"])
    return JobRequest(database, content["login_password"], content["project_password"], content.get("details", {}))


def plain_database(database: Database) -> dict[str, Any]:
    """Return a requested database as JSON with its passwords, to be sealed, and without its certificate."""
    plain = {name: _plain(value) for name, value in database.model_dump(by_alias=True).items()}
    plain.pop(CERTIFICATE, None)
    return plain


def store_certificate_of(store_id: str, database: Database) -> str | None:
    """Return the address of the certificate of the server's authority, put into S3; None if the owner gave none."""
    certificate: str | None = getattr(database, CERTIFICATE, None)
    return put_certificate(store_id, certificate) if certificate else None


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
