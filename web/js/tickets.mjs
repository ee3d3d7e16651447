// The tickets on this device: the key of a booking comes once, with the answer that made it, and never leaves the device again.
// It is kept as a key that signs and cannot be read out (docs/qr.md says how codes are made with it).
const NAME = "uma-app";
const STORE = "tickets";

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function act(mode, work) {
  const base = await open();
  try {
    return await new Promise((resolve, reject) => {
      const change = base.transaction(STORE, mode);
      const asked = work(change.objectStore(STORE));
      change.oncomplete = () => resolve(asked?.result);
      change.onerror = change.onabort = () => reject(change.error);
    });
  } finally {
    base.close();
  }
}

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

// Keeps what came with a booking; the server's clock is its answer's.
export async function keep(ride, serverTime) {
  const key = await crypto.subtle.importKey("raw", bytes(ride.qrKey), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const { id, qrKeyId: kid, qrRef: ref, qrStepSeconds: step, merchantName: merchant, title, expiresAt: until } = ride;
  await act("readwrite", (tickets) => tickets.put({ id, key, kid, ref, step, merchant, title, until, ahead: serverTime - Date.now() }));
}

export const find = (id) => act("readonly", (tickets) => tickets.get(id));
export const forget = (id) => act("readwrite", (tickets) => tickets.delete(id));
export const forgetAll = () => act("readwrite", (tickets) => tickets.clear());

// Those that still wait; what is over is forgotten on the way.
export async function waiting() {
  const all = await act("readonly", (tickets) => tickets.getAll());
  for (const one of all) if (new Date(one.until) < Date.now()) await forget(one.id);
  return all.filter((one) => new Date(one.until) >= Date.now());
}

// The latest answer of the server says how far this device's clock is off.
export async function setClock(ticket, serverTime) {
  ticket.ahead = serverTime - Date.now();
  await act("readwrite", (tickets) => tickets.put(ticket));
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const latin = new TextEncoder();
const sign = async (key, data) => new Uint8Array(await crypto.subtle.sign("HMAC", key, data));

export function base32(data) {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const one of data) {
    value = (value << 8) | one;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >>> (bits - 5)) & 31];
    value &= (1 << bits) - 1;
  }
  return text;
}

// What the code says in a step of fifteen seconds.
export async function codeOf({ key, kid, ref }, step) {
  const steps = [25, 20, 15, 10, 5, 0].map((shift) => BASE32[(step >>> shift) & 31]).join("");
  const mac = base32((await sign(key, latin.encode(`UMA1|${kid}${ref}${steps}`))).slice(0, 10));
  return `UMA1.${kid}.${ref}.${steps}.${mac}`;
}

// The six digits that are said aloud: TOTP (RFC 6238) over the same step.
export async function digitsOf({ key }, step) {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setUint32(0, Math.floor(step / 2 ** 32));
  counter.setUint32(4, step >>> 0);
  const digest = await sign(key, counter.buffer);
  const at = digest[digest.length - 1] & 15;
  const number = new DataView(digest.buffer).getUint32(at) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}
