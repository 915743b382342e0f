// (e) What a Node team would deploy: the Functions Framework, Google's two SDKs, one client of each,
// usage counted in a transaction.
import { http } from '@google-cloud/functions-framework';
import { Firestore } from '@google-cloud/firestore';
import { GoogleGenAI } from '@google/genai';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

const { GEMINI_API_KEY, GEMINI_URL, GOOGLE_CLOUD_PROJECT, ISSUER, MAX_PER_HOUR } = process.env;
const HOUR_MS = 3_600_000;
const db = new Firestore({ projectId: GOOGLE_CLOUD_PROJECT });
const gemini = new GoogleGenAI({
  apiKey: GEMINI_API_KEY,
  httpOptions: { apiVersion: 'v1alpha', baseUrl: GEMINI_URL },
});
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks.json`));

async function subjectOf(request) {
  const token = request.get('Authorization')?.replace(/^Bearer /, '') ?? '';
  const options = { algorithms: ['RS256'], audience: 'livepass', issuer: ISSUER };
  const { payload } = await jwtVerify(token, keys, options);
  return payload.sub;
}

// Count one more in the last hour, if there is room.
function count(user, now) {
  return db.runTransaction(async (transaction) => {
    const document = await transaction.get(user);
    const mints = (document.get('mints') ?? []).filter((at) => at > now - HOUR_MS);
    if (mints.length >= Number(MAX_PER_HOUR)) return false;
    transaction.set(user, { mints: [...mints, now] });
    return true;
  });
}

async function mint(now) {
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
  return made.name;
}

http('token', async (request, response) => {
  let subject;
  try {
    subject = await subjectOf(request);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    response.status(401).json({ error: 'unauthenticated' });
    return;
  }
  const now = Date.now();
  if (!(await count(db.collection('node_users').doc(subject), now))) {
    response.status(429).json({ error: 'too many tokens' });
    return;
  }
  response.status(201).json({ token: await mint(now) });
});
