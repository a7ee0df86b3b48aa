@{about}
# chancery.py, for Authlib 1.6 and later, with requests and joserfc
@{imports}
import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
@{openid_imports}

ISSUER = @{issuer}
CLIENT_ID = @{client_id}
REDIRECT_URI = @{redirect_uri}
SCOPE = @{scope}

METADATA = requests.get(ISSUER + "/.well-known/openid-configuration", timeout=10).json()


def session():
    session = OAuth2Session(
        CLIENT_ID,
        @{credential}
        token_endpoint_auth_method=@{method},
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        code_challenge_method="S256",
    )
    @{register}
    return session


def begin_sign_in():
    """Where the browser goes, and what stays in the person's session until it is back."""
    kept = {"verifier": generate_token(48)@{keep_nonce}}
    url, kept["state"] = session().create_authorization_url(
        METADATA["authorization_endpoint"],
        code_verifier=kept["verifier"],
        @{nonce}
        @{resource}
        @{prompt}
    )
    return url, kept


def end_sign_in(url, kept):
    """What the browser brought back becomes tokens@{and_claims}."""
    tokens = session().fetch_token(
        METADATA["token_endpoint"],
        authorization_response=url,
        code_verifier=kept["verifier"],
        state=kept["state"],
    )
    @{claims}
    @{return}
