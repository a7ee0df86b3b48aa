"""Authlib and requests over TLS and mutual TLS (RFC 8705): they trust the file that the server writes (REQUESTS_CA_BUNDLE),
and authenticate with certificates that Python's cryptography made."""

import base64
import hashlib
import json
import os
import pathlib
import ssl

import certifi
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from sign_in import sign_in

ISSUER = os.environ["ISSUER"]
CLIENTS = pathlib.Path(os.environ["CLIENTS"])


def get(url, **options):
    return requests.get(url, timeout=10, **options)


def files(name):
    return str(CLIENTS / f"{name}.pem"), str(CLIENTS / f"{name}.key")


def thumbprint(name):
    der = ssl.PEM_cert_to_DER_cert((CLIENTS / f"{name}.pem").read_text())
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def session_of(client_id, certificate, **options):
    """A session that authenticates by its certificate: what it sends is its `client_id` only."""
    session = OAuth2Session(client_id, token_endpoint_auth_method="none", **options)
    session.cert = certificate and files(certificate)
    return session


def main():
    try:
        get(f"{ISSUER}/jwks", verify=certifi.where())
    except requests.exceptions.SSLError:
        pass
    else:
        raise AssertionError("the certificate is trusted without the authority's file")
    metadata = get(f"{ISSUER}/.well-known/openid-configuration").json()
    assert metadata["issuer"] == ISSUER and ISSUER.startswith("https://")
    keys = KeySet.import_key_set(get(metadata["jwks_uri"]).json())
    print("requests: trusts the server by its authority's file, and not without it")
    for method, own in [("tls_client_auth", "payroll"), ("self_signed_tls_client_auth", "own")]:
        assert method in metadata["token_endpoint_auth_methods_supported"]
        client_id = json.loads((CLIENTS / f"{method}.json").read_text())["client_id"]
        get_tokens(metadata, keys, client_id, own)
        print(f"Authlib: a token by {method}")
    sign_a_person_in(metadata)
    print("Authlib: a person's tokens are worth nothing without the certificate")


def get_tokens(metadata, keys, client_id, own):
    aliases = metadata["mtls_endpoint_aliases"]
    session = session_of(client_id, own)
    answer = session.fetch_token(aliases["token_endpoint"], grant_type="client_credentials")
    claims = jwt.decode(answer["access_token"], keys, algorithms=["ES256"]).claims
    assert (claims["iss"], claims["client_id"]) == (ISSUER, client_id), claims
    assert claims["cnf"] == {"x5t#S256": thumbprint(own)}, claims
    told = session.post(
        aliases["introspection_endpoint"],
        data={"client_id": client_id, "token": answer["access_token"]},
        withhold_token=True,
    ).json()
    assert told["active"] and told["cnf"] == claims["cnf"], told
    # Another's certificate of the same authority, one of the same name that its own key has signed, and none.
    for other in ["ledger", "stranger", None]:
        try:
            session_of(client_id, other).fetch_token(aliases["token_endpoint"], grant_type="client_credentials")
        except OAuthError as refusal:
            assert refusal.error == "invalid_client", refusal
        else:
            raise AssertionError(f"{other} got a token of {client_id}")


def sign_a_person_in(metadata):
    aliases = metadata["mtls_endpoint_aliases"]
    client_id = json.loads((CLIENTS / "bound.json").read_text())["client_id"]
    session = session_of(
        client_id,
        "own",
        scope="openid email",
        redirect_uri="https://portal.example.com/callback",
        code_challenge_method="S256",
    )
    verifier = "a" * 43
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
    back = sign_in(url)
    tokens = session.fetch_token(
        aliases["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo = aliases["userinfo_endpoint"]
    told = get(userinfo, headers=bearer, cert=files("own")).json()
    assert told["email"] == "ada@example.com", told
    for where, certificate in [(userinfo, "payroll"), (userinfo, None), (metadata["userinfo_endpoint"], None)]:
        refused = get(where, headers=bearer, cert=certificate and files(certificate))
        assert refused.status_code == 401, (where, certificate, refused.text)
    refreshed = session.refresh_token(aliases["token_endpoint"], refresh_token=tokens["refresh_token"])
    thief = session_of(client_id, "payroll")
    try:
        thief.refresh_token(aliases["token_endpoint"], refresh_token=refreshed["refresh_token"])
    except OAuthError as refusal:
        assert refusal.error == "invalid_client", refusal
    else:
        raise AssertionError("a stolen refresh token was taken with another certificate")


main()
