// node-oidc-provider, a certified OpenID provider, as it comes: code flow with PKCE, its own sign-in
// form, and its own refresh tokens. What is ours is that it can be told to sign with new keys.
//
// For a page, which LIVEPASS_PAGE names, it is as harsh as it comes: refresh tokens only for
// offline_access with consent, and rotated; names only at userinfo; and TLS with the certificate in
// the folder LIVEPASS_TLS. Its ID tokens then live for as long as PAGE_LIVES says.
import { generateKeyPair } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { promisify } from 'node:util'
import Provider from 'oidc-provider'

const { LIVEPASS_PAGE: PAGE, LIVEPASS_TLS: TLS } = process.env
// Seconds: one that is renewed for every request, one that ends during a talk, and the others.
const PAGE_LIVES = { 'livepass-RS256': 8, 'livepass-ES256': 30 }

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']
// Generations of keys that are published: the one that signs, and those whose tokens are still used.
const KEPT = 12
const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
}

const generations = []
const fetched = [] // when the keys were, in milliseconds
const granted = [] // the grant types of answered token requests
let answer // of the provider with the newest keys

// What people did outlives a change of keys, as it would in a database.
const rows = new Map()
class Kept {
  constructor(kind) {
    this.row = (id) => `${kind}:${id}`
  }
  async find(id) {
    return rows.get(this.row(id))
  }
  async findByUid(uid) {
    return [...rows.values()].find((row) => row.uid === uid)
  }
  async upsert(id, row) {
    rows.set(this.row(id), row)
  }
  async consume(id) {
    rows.get(this.row(id)).consumed = Math.floor(Date.now() / 1000)
  }
  async destroy(id) {
    rows.delete(this.row(id))
  }
  async revokeByGrantId(grantId) {
    for (const [id, row] of rows) if (row.grantId === grantId) rows.delete(id)
  }
}

// Beside what it answers meanwhile: RSA keys take a busy machine seconds.
async function makeKeys() {
  const number = generations.length
  const make = async ([alg, [kind, options]]) => ({
    ...(await promisify(generateKeyPair)(kind, options)).privateKey.export({ format: 'jwk' }),
    use: 'sig',
    kid: `${alg}-${number}-${Date.now()}`,
    // Of EdDSA it signs both names with a key that has none.
    ...(alg === 'EdDSA' ? {} : { alg }),
  })
  return Promise.all(Object.entries(KINDS).map(make))
}

async function rotate(issuer) {
  generations.unshift(await makeKeys())
  const provider = new Provider(issuer, {
    jwks: { keys: generations.slice(0, KEPT).flat() },
    adapter: Kept,
    cookies: { keys: ['a key of tests'] },
    clients: ALGORITHMS.map((alg) => ({
      client_id: `livepass-${alg}`,
      token_endpoint_auth_method: 'none',
      ...redirects(),
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: alg,
    })),
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    claims: { openid: ['sub', 'admin'] },
    ...(PAGE === undefined ? forApps : forThePage),
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, admin: id === 'desk', name: `${id} of ${new URL(issuer).host}` }),
    }),
  })
  provider.on('grant.success', (context) => granted.push(context.oidc.params.grant_type))
  answer = provider.callback()
}

const forApps = { issueRefreshToken: () => true, rotateRefreshToken: false }
const forThePage = {
  claims: { openid: ['sub', 'admin'], profile: ['name'] },
  features: { revocation: { enabled: true } },
  // As it comes, but that one client is as with providers that allow no page (django-oauth-toolkit).
  clientBasedCORS: (_, origin, client) =>
    client.clientId !== 'livepass-Ed25519' && new URL(PAGE).origin === origin,
  ttl: { IdToken: (_, token, client) => PAGE_LIVES[client.clientId] ?? 3600 },
}

function redirects() {
  if (PAGE === undefined) {
    return { application_type: 'native', redirect_uris: ['http://127.0.0.1/callback'] }
  }
  // Of native clients, node-oidc-provider lets none in without a question.
  return { application_type: 'web', redirect_uris: [PAGE], post_logout_redirect_uris: [PAGE] }
}

function listen(handler) {
  if (TLS === undefined) return createServer(handler)
  const [key, cert] = ['server.key', 'server.pem'].map((name) => readFileSync(`${TLS}/${name}`))
  return createSecureServer({ key, cert }, handler)
}

const server = listen(async (request, response) => {
  const issuer = address()
  if (request.url === '/tests/rotate') {
    await rotate(issuer)
    response.end()
  } else if (request.url === '/tests/granted') {
    response.end(JSON.stringify(granted))
  } else if (request.url === '/tests/fetched') {
    response.end(JSON.stringify(fetched))
  } else {
    if (request.url === '/jwks') fetched.push(performance.now())
    answer(request, response)
  }
})

function address() {
  return `http${TLS === undefined ? '' : 's'}://127.0.0.1:${server.address().port}`
}

server.listen(0, '127.0.0.1', async () => {
  await rotate(address())
  console.log(address())
})
process.stdin.on('end', () => process.exit(0)).resume() // with whoever started it
