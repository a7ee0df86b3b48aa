// openid-client binds tokens to a key (RFC 9449), with the nonces that the server demands, and trades tokens and
// assertions for tokens (RFC 8693, RFC 7523).

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'

import * as jose from 'jose'
import * as client from 'openid-client'

const issuer = process.env.ISSUER
const read = async (name) => JSON.parse(await readFile(`${process.env.CLIENTS}/${name}.json`))
const discover = (registered, authentication) =>
  client.discovery(new URL(issuer), registered.client_id, undefined, authentication, {
    execute: [client.allowInsecureRequests], // plain HTTP on loopback
  })

const trader = await read('trader')
const service = await discover(trader, client.ClientSecretBasic(trader.client_secret))

async function signIn(config, DPoP, more) {
  const verifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: 'http://127.0.0.1:51004/callback',
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'consent',
    ...(DPoP && { dpop_jkt: await DPoP.calculateThumbprint() }),
  })
  const back = execFileSync(process.env.PYTHON, [process.env.SIGN_IN, url.href], { encoding: 'utf8' }).trim()
  return client.authorizationCodeGrant(config, new URL(back), { pkceCodeVerifier: verifier }, more, { DPoP })
}

for (const alg of ['ES256', 'PS256', 'RS256']) {
  const registered = await read('portal-none')
  const config = await discover(registered, client.None())
  assert.ok(config.serverMetadata().dpop_signing_alg_values_supported.includes(alg))
  const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
  const jkt = await DPoP.calculateThumbprint()

  const tokens = await signIn(config, DPoP)
  assert.equal(tokens.token_type, 'dpop') // as openid-client normalises it
  assert.equal(jose.decodeJwt(tokens.access_token).cnf.jkt, jkt)
  const { sub } = tokens.claims()
  const told = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP })
  assert.equal(told.name, 'Ada Lovelace')

  // Without the key, all of it is worth nothing.
  const thiefs = client.getDPoPHandle(config, await client.randomDPoPKeyPair(alg))
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub), { status: 401 })
  await assert.rejects(client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: thiefs }), { status: 401 })
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: 'invalid_grant' })
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: thiefs }), {
    error: 'invalid_grant',
  })
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
  assert.equal(jose.decodeJwt(refreshed.access_token).cnf.jkt, jkt)
  console.log(`openid-client: tokens bound to a key by ${alg}, with nonces`)
}

// The service that a person's token is for gets one for the next service, in the person's name.
{
  const registered = await read('portal-client_secret_basic')
  const config = await discover(registered, client.ClientSecretBasic(registered.client_secret))
  const tokens = await signIn(config, undefined, { audience: trader.client_id })
  const own = await client.clientCredentialsGrant(service, { scope: 'read:ledger' })
  const type = 'urn:ietf:params:oauth:token-type:access_token'
  const exchange = (subject_token, more) =>
    client.genericGrantRequest(service, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token,
      subject_token_type: type,
      actor_token: own.access_token,
      actor_token_type: type,
      resource: 'https://ledger.example.com',
      ...more,
    })
  const exchanged = await exchange(tokens.access_token)
  assert.equal(exchanged.issued_token_type, type)
  assert.equal(exchanged.refresh_token, undefined)
  const keys = jose.createRemoteJWKSet(new URL(service.serverMetadata().jwks_uri))
  const { payload } = await jose.jwtVerify(exchanged.access_token, keys, {
    issuer,
    audience: 'https://ledger.example.com',
    subject: tokens.claims().sub,
    typ: 'at+jwt',
  })
  assert.equal(payload.client_id, trader.client_id)
  assert.equal(payload.act.sub, trader.client_id)
  assert.equal(payload.scope, 'openid profile')
  assert.ok(payload.exp <= jose.decodeJwt(tokens.access_token).exp)
  await assert.rejects(exchange(tokens.access_token, { scope: 'read:ledger' }), { error: 'invalid_scope' })
  await assert.rejects(exchange(tokens.access_token, { resource: 'https://other.example' }), { error: 'invalid_target' })
  await assert.rejects(exchange(tokens.refresh_token), { error: 'invalid_request' })

  const forOthers = await signIn(config, undefined, { audience: 'https://payroll.example.com' })
  await assert.rejects(exchange(forOthers.access_token), { error: 'invalid_request' })
  await client.tokenRevocation(config, tokens.refresh_token)
  const seen = await client.tokenIntrospection(service, exchanged.access_token)
  assert.equal(seen.active, false, 'it ends with the grant it came from')
  console.log('openid-client: a token in exchange for another')
}

// An assertion by the service's own key.
{
  const key = await jose.importJWK(await read('service-key'), 'ES256')
  const assertion = (subject) =>
    new jose.SignJWT()
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer(trader.client_id)
      .setSubject(subject)
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime('1m')
      .setJti(crypto.randomUUID())
      .sign(key)
  const trade = (assertion) =>
    client.genericGrantRequest(service, 'urn:ietf:params:oauth:grant-type:jwt-bearer', {
      assertion,
      scope: 'read:ledger',
    })
  const good = await assertion(trader.client_id)
  const tokens = await trade(good)
  assert.equal(jose.decodeJwt(tokens.access_token).sub, trader.client_id)
  await assert.rejects(trade(good), { error: 'invalid_grant' })
  await assert.rejects(trade(await assertion('ada')), { error: 'invalid_grant' })
  console.log('openid-client, jose: a token for an assertion')
}
