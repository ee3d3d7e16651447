// The short-lived token that scripts speak to the API with. It is kept in memory alone: what lasts is in cookies that no
// script can read.
// The path of the app whose page this is; its session lives there.
export const APP = document.body.dataset.app;
const csrf = () => document.querySelector('meta[name="csrf"]').content;
// A token is renewed this long before it ends.
const EARLY_MS = 60_000;
let access = "";
let until = 0;
let asked = null;

export class SignedOut extends Error {}

export async function post(path, body, headers = {}) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf(), ...headers },
    body: JSON.stringify(body),
    credentials: "same-origin",
  });
}

const subject = (token) => JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;

async function renew() {
  const answer = await post(`${APP}session/token`, {});
  if (answer.status === 401 || answer.status === 403) throw new SignedOut();
  if (!answer.ok) throw new TypeError("no token now");
  const given = await answer.json();
  // Somebody else signed in since, on another tab: what this page has to send is not theirs.
  if (subject(given.access) !== document.body.dataset.person) throw new SignedOut();
  access = given.access;
  until = Date.now() + given.expiresIn * 1000 - EARLY_MS;
}

// Calls the API; a network that is away is a TypeError, as fetch says it.
export async function call(path, body, { key, method = "POST" } = {}) {
  const sends = method === "POST" || method === "PUT";
  for (let attempt = 0; ; attempt += 1) {
    if (Date.now() >= until) {
      asked ??= renew().finally(() => { asked = null; });
      await asked;
    }
    const answer = await fetch(path, {
      method,
      headers: {
        ...(sends ? { "Content-Type": "application/json" } : {}),
        Authorization: `Bearer ${access}`,
        ...(key ? { "Idempotency-Key": key } : {}),
      },
      ...(sends ? { body: JSON.stringify(body) } : {}),
      credentials: "omit",
    });
    if (answer.status !== 401) return answer;
    until = 0;
    if (attempt) throw new SignedOut();
  }
}
