"""Authlib gets tokens; joserfc and PyJWT check them as resource servers would (RFC 9068 section 4)."""

import json
import os
import pathlib

import jwt
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from sign_in import connect, sign_in

ISSUER = os.environ["ISSUER"]
CLIENTS = pathlib.Path(os.environ["CLIENTS"])
AUDIENCE = "https://payroll.example.com"


def get(url):
    answer = requests.get(url, timeout=10)
    answer.raise_for_status()
    return answer.json()


def check_with_joserfc(access_token, keys, client_id):
    token = joserfc_jwt.decode(access_token, keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt", token.header
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
        sub={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
        client_id={"essential": True, "value": client_id},
    )
    registry.validate(token.claims)
    return token.claims


def check_with_pyjwt(access_token, jwks_uri):
    key = jwt.PyJWKClient(jwks_uri).get_signing_key_from_jwt(access_token)
    return jwt.decode(
        access_token,
        key,
        algorithms=["ES256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
    )


def main():
    metadata = get(f"{ISSUER}/.well-known/oauth-authorization-server")
    assert metadata["issuer"] == ISSUER
    keys = KeySet.import_key_set(get(metadata["jwks_uri"]))
    for method in ["client_secret_basic", "client_secret_post"]:
        assert method in metadata["token_endpoint_auth_methods_supported"]
        registered = json.loads((CLIENTS / f"{method}.json").read_text())
        client_id, secret = registered["client_id"], registered["client_secret"]
        session = OAuth2Session(client_id, secret, token_endpoint_auth_method=method, scope="read:payroll")
        answer = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        assert answer["token_type"] == "Bearer" and answer["scope"] == "read:payroll", answer
        claims = check_with_joserfc(answer["access_token"], keys, client_id)
        assert claims["scope"] == "read:payroll"
        assert check_with_pyjwt(answer["access_token"], metadata["jwks_uri"])["jti"] == claims["jti"]
        print(f"Authlib, joserfc, PyJWT: a token by {method}")

        for what, options, error in [
            ("a wrong secret", {"client_secret": "wrong"}, "invalid_client"),
            ("a scope too many", {"scope": "admin"}, "invalid_scope"),
        ]:
            arguments = {"client_secret": secret, "scope": None, **options}
            session = OAuth2Session(client_id, token_endpoint_auth_method=method, **arguments)
            try:
                session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
            except OAuthError as refusal:
                assert refusal.error == error, refusal
            else:
                raise AssertionError(f"{what} got a token")
    for method in ["client_secret_basic", "none"]:
        registered = json.loads((CLIENTS / f"portal-{method}.json").read_text())
        sign_a_person_in(metadata, keys, method, registered)
        print(f"Authlib, joserfc: a person signed in by {method}")
    register_itself(metadata, keys)
    connect_a_device(metadata)


def register_itself(metadata, keys):
    """Registers a client by the bearer token of Authlib's session, signs a person in with it, and deletes it."""
    endpoint = metadata["registration_endpoint"]
    initial = OAuth2Session(token={"access_token": os.environ["REGISTRATION_TOKEN"], "token_type": "Bearer"})
    wanted = {
        "client_name": "Registered by Authlib",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": "openid email offline_access",
    }
    refused = initial.post(endpoint, json={**wanted, "scope": "openid admin"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata"), refused.text
    answer = initial.post(endpoint, json=wanted)
    assert answer.status_code == 201, answer.text
    registered = answer.json()
    for name, value in wanted.items():
        assert registered[name] == value, name
    assert "client_secret" not in registered
    sign_a_person_in(metadata, keys, "none", registered)
    own = OAuth2Session(token={"access_token": registered["registration_access_token"], "token_type": "Bearer"})
    assert own.get(registered["registration_client_uri"]).json() == registered
    assert own.delete(registered["registration_client_uri"]).status_code == 204
    assert own.get(registered["registration_client_uri"]).status_code == 401
    print("Authlib: registered itself, signed a person in and deleted itself")


def sign_a_person_in(metadata, keys, method, registered):
    session = OAuth2Session(
        registered["client_id"],
        registered.get("client_secret"),
        token_endpoint_auth_method=method,
        scope="openid email offline_access",
        redirect_uri="http://127.0.0.1:51004/callback",
        code_challenge_method="S256",
    )
    verifier = "a" * 43
    url, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6", prompt="consent"
    )
    back = sign_in(url)
    tokens = session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    id_token = joserfc_jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
    claims = id_token.claims
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, registered["client_id"], "n-0S6"), claims
    joserfc_jwt.JWTClaimsRegistry(exp={"essential": True}, auth_time={"essential": True}).validate(claims)
    told = session.get(f"{ISSUER}/userinfo").json()
    assert told == {"email": "ada@example.com", "sub": claims["sub"]}, told
    first = tokens["refresh_token"]
    second = session.refresh_token(metadata["token_endpoint"], refresh_token=first)
    assert second["refresh_token"] != first
    try:
        session.refresh_token(metadata["token_endpoint"], refresh_token=first)
    except OAuthError as refusal:
        assert refusal.error == "invalid_grant", refusal
    else:
        raise AssertionError("a refresh token was taken twice")


def connect_a_device(metadata):
    client_id = json.loads((CLIENTS / "device.json").read_text())["client_id"]
    request = {"client_id": client_id, "scope": "openid profile"}
    device = requests.post(metadata["device_authorization_endpoint"], request, timeout=10).json()
    session = OAuth2Session(client_id, token_endpoint_auth_method="none")
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device["device_code"]}
    for error in ["authorization_pending", "slow_down"]:
        try:
            session.fetch_token(metadata["token_endpoint"], **grant)
        except OAuthError as refusal:
            assert refusal.error == error, refusal
        else:
            raise AssertionError("a device got tokens that nobody allowed")
    assert "You can go back to your device" in connect(device["verification_uri_complete"])
    tokens = session.fetch_token(metadata["token_endpoint"], **grant)
    assert tokens["scope"] == "openid profile" and tokens["id_token"], tokens
    assert session.get(f"{ISSUER}/userinfo").json()["name"] == "Ada Lovelace"
    print("Authlib: a device connected")


main()
