"""What manifests are signed with: the operator's own certificate, or one that the installation made for itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from filmgate.errors import SetupError
from filmgate.media.label_facts import DEVELOPMENT, Credentials, Trust

Algorithm = Literal["es256", "es384", "es512", "ps256", "ed25519"]

_DEVELOPMENT_LIFE = timedelta(days=20 * 365)
# A clock that is a little slow must not find a certificate of tomorrow.
_SLACK = timedelta(days=1)
_CURVES: dict[str, Algorithm] = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_LEAST_RSA_BITS = 2048


def development_credentials(now: datetime) -> Credentials:
    """A new certificate and its key, issued by a root that is forgotten at once: it can issue no other.

    Programs that check manifests say of it that its signer is not known; the root in the chain lets us know our own.
    """
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = _name(f"{DEVELOPMENT}: root"), _name(DEVELOPMENT)
    root = (
        _certificate(root_name, root_name, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(root_key, SHA256())
    )
    certificate = (
        _certificate(name, root_name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        # C2PA takes this or the use for documents (C2PA 2, certificate profile).
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, SHA256())
    )
    return Credentials(
        chain=b"".join(each.public_bytes(Encoding.PEM) for each in (certificate, root)),
        key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        algorithm="es256",
    )


def own_credentials(certificate: Path, key: Path, now: datetime) -> Credentials:
    """The operator's certificate and key, from their files.

    Raises:
        SetupError: they cannot be used, or not together; says what is wrong with which.
    """
    chain = _read_chain(certificate)
    signing_key = _read_key(key)
    first = chain[0]
    if _as_bytes(first.public_key()) != _as_bytes(signing_key.public_key()):
        raise _wrong("label_key", key, "is not the key of the certificate", "Give the pair that belongs together.")
    if not first.not_valid_before_utc <= now < first.not_valid_after_utc:
        raise _wrong(
            "label_certificate",
            certificate,
            f"holds a certificate that is good from {first.not_valid_before_utc:%Y-%m-%d} "
            f"to {first.not_valid_after_utc:%Y-%m-%d}",
            "Renew it.",
        )
    return Credentials(
        chain=b"".join(each.public_bytes(Encoding.PEM) for each in chain),
        key=signing_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        algorithm=_algorithm(key, signing_key),
    )


def trust_in(chains: Iterable[bytes]) -> Trust:
    """Trust in the signers of these chains alone: whoever issued them, and the numbers of their certificates."""
    read = [x509.load_pem_x509_certificates(chain) for chain in chains]
    issuers = dict.fromkeys(each.public_bytes(Encoding.PEM).decode() for chain in read for each in chain[1:])
    return Trust(anchors="".join(issuers), serials=frozenset(str(chain[0].serial_number) for chain in read))


def expires_at(credentials: Credentials) -> datetime:
    """Until when the signer's certificate is good."""
    return x509.load_pem_x509_certificates(credentials.chain)[0].not_valid_after_utc


def _read_chain(path: Path) -> list[x509.Certificate]:
    try:
        chain = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as exc:
        raise _wrong("label_certificate", path, f"cannot be read: {exc}", "Give certificates in PEM.") from exc
    for issued, issuer in pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as exc:
            what, mend = "is in no order", "Put the signer's certificate first, then the one that issued it, and so on."
            raise _wrong("label_certificate", path, what, mend) from exc
    if len(chain) < 2:
        mend = "Add the one that issued it: C2PA takes none that issued itself, and by it we know our own films."
        raise _wrong("label_certificate", path, "holds one certificate alone", mend)
    return chain


def _read_key(path: Path) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(path.read_bytes(), password=None)
    except TypeError as exc:
        raise _wrong("label_key", path, "is locked with a password", "Give the key in the clear.") from exc
    except (OSError, ValueError, UnsupportedAlgorithm) as exc:
        raise _wrong("label_key", path, f"cannot be read: {exc}", "Give a private key in PEM.") from exc


def _algorithm(path: Path, key: PrivateKeyTypes) -> Algorithm:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    mend = f"C2PA knows P-256, P-384, P-521, Ed25519, and RSA of {_LEAST_RSA_BITS} bits or more."
    raise _wrong("label_key", path, "is of a kind that manifests cannot be signed with", mend)


def _as_bytes(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _wrong(setting: str, path: Path, what: str, mend: str) -> SetupError:
    return SetupError(f"{setting}: {path} {what}.", mend)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, DEVELOPMENT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + _DEVELOPMENT_LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )
