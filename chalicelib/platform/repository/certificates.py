"""Certificates of authorities in S3: they are public, and too large for a row that is read or written often.

An object's name is the digest of the certificate, so that none is replaced. It stays until its store is erased.
"""

from __future__ import annotations

import hashlib

from chalicelib.integrations import storage
from chalicelib.kit import config

PREFIX = "certificates"
"""Prefix in the images bucket, by store. Earlier ones are below `payloads/`, which a lifecycle rule empties."""
_SCHEME = "s3://"


def put_certificate(store_id: str, certificate: str) -> str:
    """Store a certificate in PEM and return its address. An address is returned as it is."""
    if certificate.startswith(_SCHEME):
        return certificate
    content = certificate.encode()
    name = hashlib.sha256(content).hexdigest()
    url = storage.address(config.settings().images_bucket, f"{PREFIX}/{store_id}/{name}.pem")
    storage.put(url, content, "application/x-pem-file")
    return url


def load_certificate(stored: str | None) -> str | None:
    """Return the certificate that a row holds itself, or by its address; None without one."""
    return storage.get(stored).decode() if stored and stored.startswith(_SCHEME) else stored
