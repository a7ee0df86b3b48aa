@{about}
# chancery.py, for Authlib 1.6 and later, with requests
@{imports}
from authlib.integrations.requests_client import OAuth2Session
@{openid_imports}

TOKEN_ENDPOINT = @{token_endpoint}
CLIENT_ID = @{client_id}
SCOPE = @{scope}


def session():
    """A session whose requests carry a token: session().get("https://…")."""
    session = OAuth2Session(
        CLIENT_ID,
        @{credential}
        token_endpoint_auth_method=@{method},
        scope=SCOPE,
    )
    @{register}
    session.fetch_token(
        TOKEN_ENDPOINT,
        grant_type="client_credentials",
        @{resource}
    )
    return session
