// What was kept here, and what this browser is told, belongs to whoever was signed in: it goes when they leave, and when somebody
// signs in where a session only ran out.
export function forget() {
  navigator.serviceWorker?.controller?.postMessage("forget");
  if (document.body.dataset.app === "/app/") indexedDB.deleteDatabase("uma-app");
}
