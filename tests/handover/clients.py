"""Writes the metadata of one client of each kind, with names and addresses that break out of careless text."""

import json
import pathlib
import sys

NAME = "Portal \"x\" 'y' \\ ${HOME} #{1+1} {{ name }} </script> */ --> `z` %s: - é"
SCOPE = "openid profile offline_access read:${HOME}"
AUDIENCE = ["https://payroll.example.com/${x}?a='b'"]

SERVICE = {"grant_types": ["client_credentials"], "scope": "read:payroll", "audience": AUDIENCE}
PORTAL = {
    "grant_types": ["authorization_code", "refresh_token"],
    "application_type": "native",
    "redirect_uris": ["http://127.0.0.1:51007/call'back"],
    "post_logout_redirect_uris": ["http://127.0.0.1/bye"],
    "scope": SCOPE,
    "audience": AUDIENCE,
}
DEVICE = {
    "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    "application_type": "native",
    "token_endpoint_auth_method": "none",
    "scope": "openid profile",
}


def main(work):
    keys = json.loads((work / "key-public.json").read_text())
    signed = {"token_endpoint_auth_method": "private_key_jwt", "jwks": keys}
    in_body = {"token_endpoint_auth_method": "client_secret_post"}
    public = {"token_endpoint_auth_method": "none"}
    clients = {
        "service-basic": SERVICE,
        "service-post": SERVICE | in_body,
        "service-signed": SERVICE | signed,
        "portal-basic": PORTAL,
        "portal-post": PORTAL | in_body,
        "portal-signed": PORTAL | signed,
        "portal-public": PORTAL | public,
        "portal-pushed": PORTAL | {"require_pushed_authorization_requests": True},
        "portal-oauth": PORTAL | {"scope": "read:payroll"},
        "device": DEVICE,
    }
    for name, metadata in clients.items():
        folder = work / f"client-{name}"
        folder.mkdir()
        named = metadata | {"client_name": NAME, "contacts": ["team@example.com"]}
        (folder / "metadata.json").write_text(json.dumps(named))


main(pathlib.Path(sys.argv[1]))
