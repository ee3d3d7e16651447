// Scans that the network took no answer to: kept on this device, sent again with the same key, so that each counts once.
// Whose a scan is stands with it: a business that signs in here later never sends another's.
const NAME = "uma-scans";
const STORE = "scans";
export const MOST = 20;
let draining = null;

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
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

const of = async (business) => (await act("readonly", (scans) => scans.getAll())).filter((scan) => scan.business === business);

export const size = async (business) => (await of(business)).length;

// Keeps a scan unless there is no room left; says whether it was kept.
export async function put(scan) {
  if ((await size(scan.business)) >= MOST) return false;
  await act("readwrite", (scans) => scans.put(scan));
  return true;
}

// Sends what waits for a business, the oldest first; what gets an answer, whatever it is, waits no longer. Of several open pages one does it.
export function drain(business, send) {
  draining ??= navigator.locks.request(NAME, async () => {
    const all = (await of(business)).sort((one, other) => (one.at < other.at ? -1 : 1));
    for (const scan of all) {
      try {
        await send(scan);
      } catch {
        return;
      }
      await act("readwrite", (scans) => scans.delete(scan.key));
    }
  }).finally(() => { draining = null; });
  return draining;
}
