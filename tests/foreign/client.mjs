// openid-client gets tokens; oauth4webapi and jose check them as resource servers would (RFC 9068 section 4).

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
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

// An application registers itself (RFC 7591), changes its registration and takes it away (RFC 7592).
{
  const dynamic = (initialAccessToken, metadata = {}) =>
    client.dynamicClientRegistration(
      new URL(issuer),
      {
        client_name: 'Registered by openid-client',
        'client_name#de': 'Von openid-client angemeldet',
        redirect_uris: ['http://127.0.0.1/callback'],
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_post', // what openid-client then uses by itself
        ...metadata,
      },
      undefined,
      { initialAccessToken, execute: [client.allowInsecureRequests] },
    )
  await assert.rejects(dynamic('wrong'), (refusal) => refusal.status === 401 || refusal.cause !== undefined)
  await assert.rejects(
    dynamic(process.env.REGISTRATION_TOKEN, { redirect_uris: ['http://app.example.com/callback'] }),
    { error: 'invalid_redirect_uri' },
  )
  const config = await dynamic(process.env.REGISTRATION_TOKEN)
  const own = config.clientMetadata()
  assert.equal(own.client_secret_expires_at, 0)
  assert.equal(own.scope, 'openid profile email offline_access')
  const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()]
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: 'http://127.0.0.1:51005/callback',
    scope: 'openid email',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'consent',
    state,
  })
  const back = execFileSync(process.env.PYTHON, [process.env.SIGN_IN, url.href], { encoding: 'utf8' }).trim()
  const tokens = await client.authorizationCodeGrant(config, new URL(back), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    idTokenExpected: true,
  })
  const told = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  assert.equal(told.email, 'ada@example.com')
  const manage = (method, token, body) =>
    fetch(own.registration_client_uri, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
  const seen = await (await manage('GET', own.registration_access_token)).json()
  assert.equal(seen['client_name#de'], 'Von openid-client angemeldet')
  assert.equal(seen.client_secret, undefined)
  const { registration_access_token, registration_client_uri, client_id_issued_at, client_secret_expires_at, ...rest } = seen
  const changed = await manage('PUT', registration_access_token, { ...rest, client_name: 'Renamed' })
  assert.equal(changed.status, 200)
  const next = await changed.json()
  assert.equal(next.client_name, 'Renamed')
  assert.notEqual(next.registration_access_token, registration_access_token)
  assert.equal((await manage('DELETE', next.registration_access_token)).status, 204)
  assert.equal((await manage('GET', next.registration_access_token)).status, 401)
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? 'none'))
  console.log('openid-client: registered itself, signed a person in, changed and deleted itself')
}

// A person signs in: openid-client checks state, iss, nonce, at_hash, signature and times by itself.
for (const method of ['client_secret_basic', 'none']) {
  const registered = JSON.parse(await readFile(`${process.env.CLIENTS}/portal-${method}.json`))
  const authentication = method === 'none' ? client.None() : client.ClientSecretBasic(registered.client_secret)
  const config = await client.discovery(new URL(issuer), registered.client_id, undefined, authentication, {
    execute: [client.allowInsecureRequests],
  })
  const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: 'http://127.0.0.1:51004/callback',
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    prompt: 'consent',
    state,
    nonce,
  })
  const back = execFileSync(process.env.PYTHON, [process.env.SIGN_IN, url.href], { encoding: 'utf8' }).trim()
  const tokens = await client.authorizationCodeGrant(config, new URL(back), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  })
  const { sub } = tokens.claims()
  const told = await client.fetchUserInfo(config, tokens.access_token, sub)
  assert.equal(told.name, 'Ada Lovelace')
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
  if (method !== 'none') {
    const seen = await client.tokenIntrospection(config, refreshed.access_token)
    assert.equal(seen.active, true)
  }
  await client.tokenRevocation(config, refreshed.refresh_token)
  await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), { error: 'invalid_grant' })
  await assert.rejects(client.fetchUserInfo(config, refreshed.access_token, sub), { status: 401 })
  const bye = client.buildEndSessionUrl(config, {
    post_logout_redirect_uri: 'http://127.0.0.1/bye',
    id_token_hint: tokens.id_token,
    state: 'x',
  })
  const left = await fetch(bye, { redirect: 'manual' })
  assert.deepEqual([left.status, left.headers.get('location')], [303, 'http://127.0.0.1/bye?state=x'])
  console.log(`openid-client: a person signed in by ${method}`)
}

// The request goes to the server first, and the browser carries a reference to it (RFC 9126).
for (const method of ['client_secret_basic', 'none']) {
  const registered = JSON.parse(await readFile(`${process.env.CLIENTS}/portal-${method}.json`))
  const authentication = method === 'none' ? client.None() : client.ClientSecretBasic(registered.client_secret)
  const config = await client.discovery(new URL(issuer), registered.client_id, undefined, authentication, {
    execute: [client.allowInsecureRequests],
  })
  const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()]
  const request = {
    redirect_uri: 'http://127.0.0.1:51004/callback',
    scope: 'openid profile',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
  }
  const url = await client.buildAuthorizationUrlWithPAR(config, request)
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
  const back = execFileSync(process.env.PYTHON, [process.env.SIGN_IN, url.href], { encoding: 'utf8' }).trim()
  const tokens = await client.authorizationCodeGrant(config, new URL(back), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    idTokenExpected: true,
  })
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).name, 'Ada Lovelace')
  assert.equal((await fetch(url, { redirect: 'manual' })).status, 400)
  await assert.rejects(client.buildAuthorizationUrlWithPAR(config, { ...request, scope: 'admin' }), {
    error: 'invalid_scope',
  })
  console.log(`openid-client: a pushed request by ${method}`)
}

// A device shows a code, and a person allows it on another screen (RFC 8628).
{
  const registered = JSON.parse(await readFile(`${process.env.CLIENTS}/device.json`))
  const config = await client.discovery(new URL(issuer), registered.client_id, undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  })
  const device = await client.initiateDeviceAuthorization(config, { scope: 'openid profile offline_access' })
  const polled = client.pollDeviceAuthorizationGrant(config, device)
  execFileSync(process.env.PYTHON, [process.env.SIGN_IN, '--device', device.verification_uri_complete])
  const tokens = await polled
  assert.equal((await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)).name, 'Ada Lovelace')
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
  assert.notEqual(refreshed.refresh_token, tokens.refresh_token)
  await assert.rejects(client.initiateDeviceAuthorization(config, { scope: 'admin' }), { error: 'invalid_scope' })
  console.log('openid-client: a device connected')
}
