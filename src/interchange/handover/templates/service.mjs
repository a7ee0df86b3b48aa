@{about}
// chancery.mjs, for openid-client 6
@{imports}
import * as client from 'openid-client'

const clientId = @{client_id}
@{key}
export const config = await client.discovery(
  new URL(@{issuer}),
  clientId,
  undefined,
  @{authentication},
  @{options}
)

let kept

// An access token: the same one until it is about to end.
export async function accessToken() {
  if (!kept || kept.expiresIn() < 30) {
    kept = await client.clientCredentialsGrant(config, {
      @{scope}
      @{resource}
    })
  }
  return kept.access_token
}
