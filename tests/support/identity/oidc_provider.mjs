// node-oidc-provider, a certified OpenID provider, as it comes: code flow with PKCE, its own sign-in
// form, and its own refresh tokens. What is ours is that it can be told to sign with new keys.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

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
let provider

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
  async revokeByGrantId() {}
}

function makeKeys() {
  const number = generations.length
  return Object.entries(KINDS).map(([alg, [kind, options]]) => ({
    ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
    use: 'sig',
    kid: `${alg}-${number}-${Date.now()}`,
    // Of EdDSA it signs both names with a key that has none.
    ...(alg === 'EdDSA' ? {} : { alg }),
  }))
}

function rotate(issuer) {
  generations.unshift(makeKeys())
  provider = new Provider(issuer, {
    jwks: { keys: generations.slice(0, KEPT).flat() },
    adapter: Kept,
    cookies: { keys: ['a key of tests'] },
    clients: ALGORITHMS.map((alg) => ({
      client_id: `livepass-${alg}`,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      id_token_signed_response_alg: alg,
    })),
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS },
    claims: { openid: ['sub', 'admin'] },
    issueRefreshToken: () => true,
    rotateRefreshToken: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, admin: id === 'desk' }) }),
  })
}

const server = createServer((request, response) => {
  if (request.url === '/tests/rotate') {
    rotate(`http://127.0.0.1:${server.address().port}`)
    response.end()
  } else if (request.url === '/tests/fetched') {
    response.end(JSON.stringify(fetched))
  } else {
    if (request.url === '/jwks') fetched.push(performance.now())
    provider.callback()(request, response)
  }
})
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`
  rotate(issuer)
  console.log(issuer)
})
process.stdin.on('end', () => process.exit(0)).resume() // with whoever started it
