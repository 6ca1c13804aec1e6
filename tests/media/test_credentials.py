"""Certificates and keys: our own making, an operator's, and what is wrong with the others."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.media.certificate_samples import NOW, Key, Pair, certificates, make_pair

from filmgate.errors import SetupError
from filmgate.media.credentials import development_credentials, expires_at, own_credentials, trust_in
from filmgate.media.label_facts import DEVELOPMENT


def test_a_certificate_of_our_own_making_says_so_and_comes_from_a_root_of_its_own() -> None:
    signer, root = x509.load_pem_x509_certificates(development_credentials(NOW).chain)
    assert DEVELOPMENT in signer.subject.rfc4514_string()
    signer.verify_directly_issued_by(root)
    assert signer.not_valid_before_utc < NOW < signer.not_valid_after_utc
    assert not signer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_no_two_installations_make_the_same_one() -> None:
    one, two = (trust_in([development_credentials(NOW).chain]) for _ in range(2))
    assert one.serials.isdisjoint(two.serials)
    assert one.anchors != two.anchors


@pytest.mark.parametrize(
    ("make", "algorithm"),
    [
        (lambda: ec.generate_private_key(ec.SECP256R1()), "es256"),
        (lambda: ec.generate_private_key(ec.SECP384R1()), "es384"),
        (lambda: ec.generate_private_key(ec.SECP521R1()), "es512"),
        (lambda: rsa.generate_private_key(65537, 2048), "ps256"),
        (ed25519.Ed25519PrivateKey.generate, "ed25519"),
    ],
)
def test_an_operators_pair_is_read_whatever_its_kind(tmp_path: Path, make: Callable[[], Key], algorithm: str) -> None:
    pair = make_pair(make())
    credentials = own_credentials(*pair.written(tmp_path), NOW)
    assert credentials.algorithm == algorithm
    assert credentials.chain == pair.chain
    assert credentials.key == pair.key
    assert expires_at(credentials) > NOW


def test_trust_is_in_the_issuers_and_the_numbers_of_the_signers() -> None:
    one, two = make_pair(serial=11), make_pair(serial=22)
    trust = trust_in([one.chain, two.chain, one.chain])
    assert trust.serials == {"11", "22"}
    assert certificates(trust.anchors.encode()) == [certificates(one.chain)[1], certificates(two.chain)[1]]
    assert trust_in([]).anchors == ""


def _mixed() -> Pair:
    return Pair(chain=make_pair().chain, key=make_pair().key)


def _turned() -> Pair:
    pair = make_pair()
    return Pair(chain=b"".join(reversed(certificates(pair.chain))), key=pair.key)


def _alone() -> Pair:
    pair = make_pair()
    return Pair(chain=certificates(pair.chain)[0], key=pair.key)


def _others_issuer() -> Pair:
    pair = make_pair()
    return Pair(chain=certificates(pair.chain)[0] + certificates(make_pair().chain)[1], key=pair.key)


def _dsa() -> Pair:
    key = dsa.generate_private_key(2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(chain=make_pair().chain, key=pem)


@pytest.mark.parametrize(
    ("make", "setting", "reason"),
    [
        (_mixed, "label_key", "not the key"),
        (_turned, "label_certificate", "is in no order"),
        (_alone, "label_certificate", "one certificate alone"),
        (_others_issuer, "label_certificate", "is in no order"),
        (_dsa, "label_key", "not the key"),
        (lambda: make_pair(days=(-30, -1)), "label_certificate", "Renew it"),
        (lambda: make_pair(days=(1, 30)), "label_certificate", "Renew it"),
        (lambda: make_pair(password=b"sesame"), "label_key", "password"),
        (lambda: make_pair(rsa.generate_private_key(65537, 1024)), "label_key", "of a kind"),
        (lambda: make_pair(ec.generate_private_key(ec.SECP256K1())), "label_key", "of a kind"),
        (lambda: Pair(chain=b"", key=make_pair().key), "label_certificate", "cannot be read"),
        (lambda: Pair(chain="纸船".encode(), key=make_pair().key), "label_certificate", "cannot be read"),
        (lambda: Pair(chain=make_pair().chain, key=b"\0\xff" * 100), "label_key", "cannot be read"),
        (lambda: Pair(chain=make_pair().chain, key=make_pair().chain), "label_key", "cannot be read"),
    ],
)
def test_a_pair_that_cannot_be_used_says_why(
    tmp_path: Path, make: Callable[[], Pair], setting: str, reason: str
) -> None:
    with pytest.raises(SetupError, match=reason) as caught:
        own_credentials(*make().written(tmp_path), NOW)
    assert str(caught.value).startswith(f"{setting}: {tmp_path}")
    assert "PRIVATE KEY" not in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    certificate, key = make_pair().written(tmp_path)
    with pytest.raises(SetupError, match=r"label_certificate: .*nowhere\.pem cannot be read"):
        own_credentials(tmp_path / "nowhere.pem", key, NOW)
    with pytest.raises(SetupError, match=r"label_key: .* cannot be read"):
        own_credentials(certificate, tmp_path, NOW)
