"""TLS to strangers' servers: verified in full before a password is sent."""

from __future__ import annotations

import atexit
import hashlib
import shutil
import ssl
import tempfile
from functools import cache
from pathlib import Path

import certifi

from chalicelib.integrations.sql.errors import ServerTlsInvalid
from chalicelib.integrations.sql.servers import Server
from chalicelib.kit import config


def is_verified(server: Server) -> bool:
    """Return whether the server must prove its name: always, except on loopback outside an account without a CA."""
    return config.settings().is_live or server.ca_certificate is not None or server.host not in config.LOOPBACK


def context(server: Server) -> ssl.SSLContext:
    """Return the context of a connection, with the given CA or the public roots. Raises ServerTlsInvalid if the CA is no PEM."""
    try:
        tls_context = ssl.create_default_context(cadata=server.ca_certificate, cafile=_public_roots(server))
    except (ssl.SSLError, ValueError) as error:
        raise ServerTlsInvalid from error
    tls_context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 demands RFC 5280's optional extensions, which authorities of owners often lack and libpq does not demand
    tls_context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    return tls_context


def root_file(server: Server) -> str:
    """Return the path of the file with the roots, which libpq needs. Raises ServerTlsInvalid if the CA is no PEM."""
    if server.ca_certificate is None:
        return certifi.where()
    context(server)
    path = _directory() / f"{hashlib.sha256(server.ca_certificate.encode()).hexdigest()}.pem"
    if not path.exists():
        path.write_text(server.ca_certificate)
    return str(path)


def _public_roots(server: Server) -> str | None:
    return certifi.where() if server.ca_certificate is None else None


@cache
def _directory() -> Path:
    """Return this process's directory for certificates, which only its user can read."""
    path = Path(tempfile.mkdtemp(prefix="backroom-ca-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
