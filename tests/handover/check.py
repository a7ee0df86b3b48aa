"""Parses what was handed over for one client, and has its Python module get tokens."""

import importlib.util
import json
import pathlib
import sys
import threading

import yaml

from sign_in import connect, sign_in


def spring(value):
    """The value of a property as Spring resolves it: of these names none is set."""
    return value.replace("${no.such.property:$}", "$")


def check_properties(file, registered):
    security = yaml.safe_load(file.read_text())["spring"]["security"]["oauth2"]["client"]
    properties = security["registration"]["chancery"]
    assert spring(properties["client-name"]) == registered["client_name"], properties
    assert properties["client-id"] == registered["client_id"]
    assert properties["client-authentication-method"] == registered["token_endpoint_auth_method"]
    assert [spring(scope) for scope in properties["scope"]] == registered["scope"].split(" "), properties
    if registered.get("redirect_uris"):
        assert spring(properties["redirect-uri"]) == registered["redirect_uris"][0]
    uses_secret = registered["token_endpoint_auth_method"].startswith("client_secret")
    assert properties.get("client-secret") == ("${CHANCERY_CLIENT_SECRET}" if uses_secret else None)


def check_settings(file, registered):
    settings = json.loads(file.read_text())["Chancery"]
    assert settings["ClientId"] == registered["client_id"]
    assert settings["Scopes"] == registered["scope"].split(" ")


def check_module(file, registered):
    spec = importlib.util.spec_from_file_location("chancery", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if "client_credentials" in registered["grant_types"]:
        token = module.session().token
        assert token["scope"] == registered["scope"], token
        return "a token"
    if "authorization_code" not in registered["grant_types"]:
        show = lambda device: threading.Thread(target=connect, args=[device["verification_uri_complete"]]).start()
        assert "id_token" in module.connect(show)
        return "a device"
    assert module.REDIRECT_URI == registered["redirect_uris"][0]
    url, kept = module.begin_sign_in()
    came = module.end_sign_in(sign_in(url), kept)
    if "openid" in registered["scope"]:
        tokens, claims = came
        assert claims["aud"] == registered["client_id"] and "refresh_token" in tokens
    else:
        assert "access_token" in came
    return "a person signed in"


def main(folder):
    registered = json.loads((folder / "registered.json").read_text())
    check = [
        ("spring-boot/application.yml", check_properties),
        ("aspnet-core/appsettings.json", check_settings),
    ]
    for name, check_file in check:
        if (folder / name).exists():
            check_file(folder / name, registered)
    sheet = (folder / "sheet/handover.md").read_text()
    assert registered["client_id"] in sheet
    # This library pushes no requests, which the handover says.
    if not registered.get("require_pushed_authorization_requests"):
        print(f"Authlib, {folder.name}: {check_module(folder / 'authlib/chancery.py', registered)}")


main(pathlib.Path(sys.argv[1]))
