// The story in Hey API's TypeScript.
import { client } from './client/client.gen'
import { endSession, health, mint, refresh, session, usage } from './client/sdk.gen'

async function tell() {
  const { LIVEPASS, ID_TOKEN, KEY } = process.env
  client.setConfig({ baseUrl: LIVEPASS!, auth: () => ID_TOKEN! })
  const headers = { 'Idempotency-Key': KEY! }
  const minted = (await mint({ headers, throwOnError: true })).data
  const again = (await mint({ headers, throwOnError: true })).data
  const refused = (await mint()).error
  const refreshed = (await refresh({ body: { sessionId: minted.session.id }, throwOnError: true })).data
  const used = (await usage({ throwOnError: true })).data.hour.used
  const path = { sessionId: minted.session.id }
  await endSession({ path, throwOnError: true })
  const { state } = (await session({ path, throwOnError: true })).data
  const { status } = (await health({ throwOnError: true })).data
  const same = again.token === minted.token
  const another = refreshed.token !== minted.token
  console.log(JSON.stringify({ same, code: refused?.code, violated: refused?.violated, another, used, state, health: status }))
}

void tell()
