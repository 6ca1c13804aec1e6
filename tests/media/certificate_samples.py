"""Certificates made on the spot, good ones and others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

NOW = datetime.now(UTC)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A chain and a key in PEM, as they stand in an operator's files."""

    chain: bytes
    key: bytes

    def written(self, folder: Path) -> tuple[Path, Path]:
        """Both in files: first the certificate's path, then the key's."""
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_bytes(self.chain)
        key.write_bytes(self.key)
        return certificate, key


def make_pair(
    key: Key | None = None,
    *,
    name: str = "Example Films",
    serial: int | None = None,
    days: tuple[float, float] = (-1, 30),
    use: ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    password: bytes | None = None,
) -> Pair:
    """A signer's certificate, issued by an issuer of its own. ``days`` are from now: its first and its last."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _certificate("An Issuer", "An Issuer", issuer_key, issuer_key, serial=None, days=(-10, 100), use=None)
    signer = _certificate(name, "An Issuer", key, issuer_key, serial=serial, days=days, use=use)
    return Pair(
        chain=signer.public_bytes(Encoding.PEM) + issuer.public_bytes(Encoding.PEM),
        key=key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password) if password else NoEncryption()
        ),
    )


def certificates(chain: bytes) -> list[bytes]:
    """The certificates of a chain, one by one."""
    end = b"-----END CERTIFICATE-----\n"
    return [part + end for part in chain.split(end) if part]


def _certificate(
    name: str,
    issuer: str,
    key: Key,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    serial: int | None,
    days: tuple[float, float],
    use: ObjectIdentifier | None,
) -> x509.Certificate:
    is_issuer = use is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_issuer, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(not is_issuer, False, False, False, False, is_issuer, is_issuer, False, False), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if use is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    return builder.sign(issuer_key, SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, text), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )
