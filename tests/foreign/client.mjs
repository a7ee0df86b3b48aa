// openid-client gets tokens; oauth4webapi and jose check them as resource servers would (RFC 9068 section 4).

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'

import * as jose from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'

const issuer = process.env.ISSUER
const audience = 'https://payroll.example.com'

for (const method of ['client_secret_basic', 'client_secret_post']) {
  const registered = JSON.parse(await readFile(`${process.env.CLIENTS}/${method}.json`))
  const authentication = { client_secret_basic: client.ClientSecretBasic, client_secret_post: client.ClientSecretPost }[method]
  for (const algorithm of ['oauth2', 'oidc']) {
    const discover = (secret) =>
      client.discovery(new URL(issuer), registered.client_id, undefined, authentication(secret), {
        algorithm,
        execute: [client.allowInsecureRequests], // plain HTTP on loopback
      })
    const config = await discover(registered.client_secret)
    const answer = await client.clientCredentialsGrant(config, { scope: 'read:payroll', resource: audience })
    assert.equal(answer.token_type, 'bearer') // as openid-client normalises it
    assert.equal(answer.scope, 'read:payroll')

    const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
    const { payload, protectedHeader } = await jose.jwtVerify(answer.access_token, keys, {
      issuer,
      audience,
      subject: registered.client_id,
      typ: 'at+jwt',
      algorithms: ['ES256'],
      requiredClaims: ['client_id', 'iat', 'exp', 'jti'],
    })
    assert.equal(payload.scope, 'read:payroll')
    assert.ok(protectedHeader.kid)

    const request = new Request('https://payroll.example.com/', {
      headers: { authorization: `Bearer ${answer.access_token}` },
    })
    const claims = await oauth.validateJwtAccessToken(config.serverMetadata(), request, audience, {
      [oauth.allowInsecureRequests]: true,
    })
    assert.equal(claims.client_id, registered.client_id)

    await assert.rejects(
      client.clientCredentialsGrant(await discover('wrong'), {}),
      // openid-client reads the challenge of a 401 before the body, or the body: both tell the same.
      (refusal) => refusal.status === 401 && (refusal.error === 'invalid_client' || refusal.cause !== undefined),
    )
    await assert.rejects(
      client.clientCredentialsGrant(config, { resource: 'https://other.example.com' }),
      (refusal) => refusal.error === 'invalid_target',
    )
    console.log(`openid-client, oauth4webapi, jose: a token by ${method}, ${algorithm} discovery`)
  }
}
