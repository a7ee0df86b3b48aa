@{about}
# chancery.py, for Authlib 1.6 and later, with requests
@{imports}
import time

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
@{openid_imports}

DEVICE_AUTHORIZATION_ENDPOINT = @{device_endpoint}
TOKEN_ENDPOINT = @{token_endpoint}
CLIENT_ID = @{client_id}
SCOPE = @{scope}


def session():
    session = OAuth2Session(
        CLIENT_ID,
        @{credential}
        token_endpoint_auth_method=@{method},
    )
    @{register}
    return session


def connect(show):
    """`show` is given what the person must see: user_code and verification_uri, or verification_uri_complete as a QR code."""
    request = {"client_id": CLIENT_ID, "scope": SCOPE}
    device = requests.post(DEVICE_AUTHORIZATION_ENDPOINT, request, timeout=10@{device_auth}).json()
    show(device)
    wait = device.get("interval", 5)
    while True:
        time.sleep(wait)
        try:
            return session().fetch_token(
                TOKEN_ENDPOINT,
                grant_type="urn:ietf:params:oauth:grant-type:device_code",
                device_code=device["device_code"],
            )
        except OAuthError as told:
            if told.error == "slow_down":
                wait += 5
            elif told.error != "authorization_pending":
                raise
