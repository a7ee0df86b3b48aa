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

// `show` is given what the person must see: user_code and verification_uri, or verification_uri_complete as a QR code.
export async function connect(show) {
  const device = await client.initiateDeviceAuthorization(config, {
    @{scope}
    @{resource}
  })
  show(device)
  return client.pollDeviceAuthorizationGrant(config, device)
}
