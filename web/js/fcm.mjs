// Firebase's part of a push: it gives this browser an address, by which our server finds it.
import { initializeApp } from "@firebase/app";
import { deleteInstallations, getInstallations } from "@firebase/installations";
import { getMessaging, onRegistered, register } from "@firebase/messaging";

// The apps share an origin: each has an installation by its name, or one would take the other's address away.
export async function addressOf({ vapidKey, ...config }, { name, registration }) {
  const app = initializeApp(config, name);
  const messaging = getMessaging(app);
  // For a week Firebase takes what it registered for given; where the browser's own subscription is gone, it begins anew.
  if (!(await registration.pushManager.getSubscription())) await deleteInstallations(getInstallations(app));
  const fid = new Promise((resolve) => { onRegistered(messaging, resolve); });
  await register(messaging, { vapidKey, serviceWorkerRegistration: registration });
  return fid;
}
