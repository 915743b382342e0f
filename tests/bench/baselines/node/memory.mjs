// (c) Express and the SDK, limits in memory: one process alone, no shared store.
import { GoogleGenAI } from '@google/genai';
import express from 'express';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { GEMINI_API_KEY, GEMINI_URL, ISSUER, MAX_PER_HOUR, PORT } = process.env;
const HOUR_MS = 3_600_000;
const gemini = new GoogleGenAI({
  apiKey: GEMINI_API_KEY,
  httpOptions: { apiVersion: 'v1alpha', baseUrl: GEMINI_URL },
});
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks.json`));
const minted = new Map();
const app = express();
app.use(express.json());

async function signedIn(request, response, next) {
  const token = request.get('Authorization')?.replace(/^Bearer /, '') ?? '';
  try {
    const verified = await jwtVerify(token, keys, { issuer: ISSUER, audience: 'livepass' });
    response.locals.user = verified.payload.sub;
  } catch {
    response.status(401).json({ error: 'unauthenticated' });
    return;
  }
  next();
}

function withinLimit(_, response, next) {
  const now = Date.now();
  const mints = (minted.get(response.locals.user) ?? []).filter((at) => at > now - HOUR_MS);
  if (mints.length >= Number(MAX_PER_HOUR)) {
    response.status(429).json({ error: 'too many tokens' });
    return;
  }
  minted.set(response.locals.user, [...mints, now]);
  next();
}

app.post('/', signedIn, withinLimit, async (_, response) => {
  const now = Date.now();
  const made = await gemini.authTokens.create({
    config: {
      uses: 1,
      expireTime: new Date(now + 30 * 60_000).toISOString(),
      newSessionExpireTime: new Date(now + 2 * 60_000).toISOString(),
      liveConnectConstraints: {
        model: 'gemini-3.8-live',
        config: { responseModalities: ['AUDIO'], temperature: 0.7 },
      },
    },
  });
  response.status(201).json({ token: made.name });
});

app.listen(Number(PORT), '127.0.0.1');
