"""A certificate authority for this machine alone: for clients that speak TLS only. Its key is not
kept, so that it vouches for nothing but the one certificate that it was made for.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=60)
LEAST_LIFE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """Where the certificates lie, as PEM."""

    authority: Path
    certificate: Path
    key: Path


DRAFT = ".tls-"
DRAFT_S = 60
LOOPBACK = IPv4Address("127.0.0.1")


def kept(folder: Path, address: IPv4Address = LOOPBACK) -> ServerFiles:
    """Give the certificates in a folder, for our eyes only; make them where there are none, or none
    that lasts. Whole or not at all: of two processes, the first one's are taken.
    """
    files = _in(folder)
    if not _lasts(files.certificate):
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_drafts(folder.parent)
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=DRAFT))  # mode 0700
        try:
            issue(draft, address)
            if folder.exists() and not _lasts(files.certificate):
                shutil.rmtree(folder)
            with suppress(OSError):  # another process was first
                draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return files


def _remove_drafts(folder: Path) -> None:
    """Remove what processes left that were killed meanwhile; a draft takes less than a second."""
    for draft in folder.glob(f"{DRAFT}*"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > DRAFT_S:
                shutil.rmtree(draft)


def _lasts(certificate: Path) -> bool:
    try:
        read = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    return read.not_valid_after_utc - datetime.now(UTC) > LEAST_LIFE


def _in(folder: Path) -> ServerFiles:
    return ServerFiles(folder / "ca.pem", folder / "server.pem", folder / "server.key")


def issue(folder: Path, address: IPv4Address = LOOPBACK) -> ServerFiles:
    """Make an authority and its certificate for this machine by 127.0.0.1 and another address; the
    authority's key is not kept.
    """
    authority_key, key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    name = _name("Throw-away authority of the Gemini Live emulator")
    authority = _authority(name, authority_key)
    certificate = _certificate(name, authority_key, key, {LOOPBACK, address})
    files = _in(folder)
    files.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    files.key.touch(mode=0o600)
    files.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _authority(name: x509.Name, key: EllipticCurvePrivateKey) -> x509.Certificate:
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        _draft(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )


def _certificate(
    issuer: x509.Name,
    issuer_key: EllipticCurvePrivateKey,
    key: EllipticCurvePrivateKey,
    addresses: Iterable[IPv4Address],
) -> x509.Certificate:
    names = [x509.DNSName("localhost"), *(x509.IPAddress(a) for a in sorted(addresses))]
    signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        _draft(_name("localhost"), issuer, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(signer, critical=False)
        .sign(issuer_key, SHA256())
    )


def _draft(
    name: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
