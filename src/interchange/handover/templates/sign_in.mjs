@{about}
// chancery.mjs, for openid-client 6
@{imports}
import * as client from 'openid-client'

const clientId = @{client_id}
export const redirectUri = @{redirect_uri}
@{key}
export const config = await client.discovery(
  new URL(@{issuer}),
  clientId,
  undefined,
  @{authentication},
  @{options}
)

// Where the browser goes. `kept` stays in the person's session until the browser is back.
export async function beginSignIn() {
  const verifier = client.randomPKCECodeVerifier()
  const kept = { verifier, state: client.randomState()@{keep_nonce} }
  const url = @{build}(config, {
    redirect_uri: redirectUri,
    @{scope}
    @{resource}
    @{prompt}
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: kept.state,
    @{nonce}
  })
  return { url, kept }
}

// What the browser brings back, as a URL, becomes tokens.
export async function endSignIn(url, kept) {
  return client.authorizationCodeGrant(config, url, {
    pkceCodeVerifier: kept.verifier,
    expectedState: kept.state,
    @{expected_nonce}
  })
}
