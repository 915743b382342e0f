/** What README's app is given: the address of `make run`, and its sign-in. */

export const baseUrl = new URLSearchParams(location.search).get("api") ?? "";

export async function idToken(): Promise<string> {
  const answer = await fetch(`${baseUrl}/local/identity/token`, {
    method: "POST",
    body: '{"user": "ada"}',
  });
  return ((await answer.json()) as { idToken: string }).idToken;
}
