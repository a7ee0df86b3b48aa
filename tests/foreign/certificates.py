"""Makes an organisation's authority and certificates of clients, as files in PEM: `python certificates.py FOLDER`."""

import datetime
import json
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from joserfc.jwk import ECKey

FOLDER = pathlib.Path(sys.argv[1])


def named(common_name):
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example, Org")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def make(name, common_name, issuer=None, is_authority=False):
    """Writes NAME.pem and NAME.key, signed by `issuer` or by its own key, and gives back both."""
    key = ec.generate_private_key(ec.SECP256R1())
    authority, signer = issuer or (None, key)
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named(common_name))
        .issuer_name(authority.subject if authority else named(common_name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        names = x509.SubjectAlternativeName([x509.DNSName(f"{common_name}.example.com")])
        certificate = certificate.add_extension(usage, critical=False).add_extension(names, critical=False)
    certificate = certificate.sign(signer, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (FOLDER / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (FOLDER / f"{name}.key").write_bytes(private)
    return certificate, key


organisation = make("organisation", "Organisation", is_authority=True)
make("payroll", "payroll", organisation)
make("ledger", "ledger", organisation)
_, own_key = make("own", "own")
make("stranger", "payroll")
public = ECKey.import_key(own_key.public_key()).as_dict(private=False)
(FOLDER / "own-jwks.json").write_text(json.dumps({"keys": [public]}))
