// The story in openapi-generator's TypeScript.
import { Configuration, ProblemFromJSON, ResponseError, ServiceApi, SessionsApi, TokensApi } from './client/index'

async function tell() {
  const { LIVEPASS, ID_TOKEN, KEY } = process.env
  const configuration = new Configuration({ basePath: LIVEPASS!, accessToken: ID_TOKEN! })
  const tokens = new TokensApi(configuration)
  const sessions = new SessionsApi(configuration)
  const minted = await tokens.mint({ idempotencyKey: KEY })
  const again = await tokens.mint({ idempotencyKey: KEY })
  const refused = await tokens.mint().then(
    () => undefined,
    async (error) => ProblemFromJSON(await (error as ResponseError).response.json()),
  )
  const refreshed = await tokens.refresh({ refreshRequest: { sessionId: minted.session.id } })
  const used = (await tokens.usage()).hour.used
  await sessions.endSession({ sessionId: minted.session.id })
  const { state } = await sessions.session({ sessionId: minted.session.id })
  const { status } = await new ServiceApi(configuration).health()
  const same = again.token === minted.token
  const another = refreshed.token !== minted.token
  console.log(JSON.stringify({ same, code: refused?.code, violated: refused?.violated, another, used, state, health: status }))
}

void tell()
