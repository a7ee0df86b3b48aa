// openid-client authenticates with a certificate in the handshake (RFC 8705): it finds the addresses for that among the
// server's metadata by itself.

import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import * as jose from 'jose'
import * as client from 'openid-client'
import * as undici from 'undici'

const issuer = process.env.ISSUER
const file = (name) => readFile(`${process.env.CLIENTS}/${name}`)
const ca = await readFile(process.env.AUTHORITY)

async function discover(method, name) {
  const { client_id } = JSON.parse(await file(`${method}.json`))
  const certificate = { cert: await file(`${name}.pem`), key: await file(`${name}.key`) }
  const dispatcher = new undici.Agent({ connect: { ca, ...certificate } })
  const metadata = { use_mtls_endpoint_aliases: true }
  return client.discovery(new URL(issuer), client_id, metadata, client.TlsClientAuth(), {
    [client.customFetch]: (url, options) => undici.fetch(url, { ...options, dispatcher }),
  })
}

for (const [method, own] of [['tls_client_auth', 'payroll'], ['self_signed_tls_client_auth', 'own']]) {
  const config = await discover(method, own)
  const tokens = await client.clientCredentialsGrant(config)
  const { raw } = new X509Certificate(await file(`${own}.pem`))
  const thumbprint = createHash('sha256').update(raw).digest('base64url')
  assert.equal(jose.decodeJwt(tokens.access_token).cnf['x5t#S256'], thumbprint)
  const told = await client.tokenIntrospection(config, tokens.access_token)
  assert.deepEqual([told.active, told.cnf['x5t#S256']], [true, thumbprint])
  await assert.rejects(client.clientCredentialsGrant(await discover(method, 'stranger')), { status: 401 })
  console.log(`openid-client, undici: a token by ${method}`)
}
