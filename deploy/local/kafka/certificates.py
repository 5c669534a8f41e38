"""Certificate authority and certificate of a node on loopback, for local use only."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.local.kafka.configuration import BROKER

_YEARS = 10


def make(folder: Path, now: datetime) -> None:
    """Write `ca.pem` and `node.pem` (key and certificate) for 127.0.0.1 and localhost."""
    folder.mkdir(mode=0o700)
    authority, node = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tenghuan-local-authority")])
    subject = x509.Name.from_rfc4514_string(BROKER)
    ca = _dated(now).subject_name(issuer).issuer_name(issuer).public_key(authority.public_key())
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    own = _dated(now).subject_name(subject).issuer_name(issuer).public_key(node.public_key())
    own = own.add_extension(x509.SubjectAlternativeName(_names()), critical=False)
    key = node.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(_signed(ca, authority))
    (folder / "node.pem").write_bytes(key + _signed(own, authority))


def _dated(now: datetime) -> x509.CertificateBuilder:
    begin, end = now - timedelta(days=1), now + timedelta(days=365 * _YEARS)
    return x509.CertificateBuilder(
        serial_number=x509.random_serial_number(), not_valid_before=begin, not_valid_after=end
    )


def _names() -> list[x509.GeneralName]:
    return [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]


def _signed(builder: x509.CertificateBuilder, authority: ec.EllipticCurvePrivateKey) -> bytes:
    return builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
