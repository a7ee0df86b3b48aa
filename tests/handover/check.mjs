// Has the module for Node that was handed over for one client get tokens.

import assert from 'node:assert/strict'
import { execFileSync, execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

const [folder] = process.argv.slice(2)
const registered = JSON.parse(await readFile(`${folder}/registered.json`))
const module = await import(`${folder}/openid-client/chancery.mjs`)
const browser = (...words) => [process.env.PYTHON, [process.env.SIGN_IN, ...words]]

async function use() {
  if (registered.grant_types.includes('client_credentials')) {
    const token = await module.accessToken()
    assert.equal(await module.accessToken(), token)
    return 'a token'
  }
  if (!registered.grant_types.includes('authorization_code')) {
    const tokens = await module.connect((device) => {
      execFile(...browser('--device', device.verification_uri_complete))
    })
    assert.ok(tokens.id_token)
    return 'a device'
  }
  assert.equal(module.redirectUri, registered.redirect_uris[0])
  const { url, kept } = await module.beginSignIn()
  const back = execFileSync(...browser(url.href), { encoding: 'utf8' }).trim()
  const tokens = await module.endSignIn(new URL(back), kept)
  assert.equal(Boolean(tokens.claims()), registered.scope.includes('openid'))
  return 'a person signed in'
}

console.log(`openid-client, ${folder.split('/').at(-1)}: ${await use()}`)
