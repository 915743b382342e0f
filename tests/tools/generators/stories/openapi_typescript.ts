// The story in openapi-typescript's types, with openapi-fetch.
import createClient from 'openapi-fetch'
import type { paths } from './client/schema'

async function tell() {
  const { LIVEPASS, ID_TOKEN, KEY } = process.env
  const api = createClient<paths>({ baseUrl: LIVEPASS!, headers: { Authorization: `Bearer ${ID_TOKEN}` } })
  const keyed = { params: { header: { 'Idempotency-Key': KEY! } }, body: {} }
  const minted = (await api.POST('/api/v1/live-token', keyed)).data!
  const again = (await api.POST('/api/v1/live-token', keyed)).data!
  const refused = (await api.POST('/api/v1/live-token')).error
  const refreshed = (await api.POST('/api/v1/live-token/refresh', { body: { sessionId: minted.session.id } })).data!
  const used = (await api.GET('/api/v1/live-token/usage')).data!.hour.used
  const params = { path: { sessionId: minted.session.id } }
  await api.DELETE('/api/v1/live-token/sessions/{sessionId}', { params })
  const { state } = (await api.GET('/api/v1/live-token/sessions/{sessionId}', { params })).data!
  const { status } = (await api.GET('/api/v1/live-token/health')).data!
  const same = again.token === minted.token
  const another = refreshed.token !== minted.token
  console.log(JSON.stringify({ same, code: refused?.code, violated: refused?.violated, another, used, state, health: status }))
}

void tell()
