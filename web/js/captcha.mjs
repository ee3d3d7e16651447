// Shows Firebase that a person asks for a code, as its own SDK does: firebase-js-sdk, packages/auth/src/platform_browser/recaptcha
// and api/authentication/recaptcha.ts. The widget is reCAPTCHA v2's invisible one; most people see nothing of it, some a puzzle.
// Google's script says by a global function that it is there.
const READY = "umaRecaptchaReady";
const PATIENCE_MS = 30_000;

// `siteKey` asks Firebase for the key of the project. What is returned gives a token each time it is called, and is an error
// where script, key or widget cannot be had: whoever calls again begins anew.
export function captcha(src, siteKey) {
  let made = null;
  let waiting = null;

  async function make() {
    const [sitekey] = await Promise.all([siteKey(), load(src)]);
    const box = document.body.appendChild(document.createElement("div"));
    return window.grecaptcha.render(box, {
      sitekey,
      size: "invisible",
      callback: (token) => waiting?.resolve(token),
      "error-callback": () => waiting?.reject(new Error("the widget has no network")),
    });
  }

  const prepare = () => (made ??= make().catch((problem) => {
    made = null;
    throw problem;
  }));

  async function token() {
    const widget = await prepare();
    // Nobody is told when the puzzle is closed: whoever then asks again is waited for, and the one before no more.
    const given = await new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      window.grecaptcha.execute(widget);
    });
    // A token is good once.
    window.grecaptcha.reset(widget);
    return given;
  }

  // It is there when the number is written; what fails now is said when a code is asked for.
  prepare().catch(() => {});
  return token;
}

function load(src) {
  if (window.grecaptcha?.render) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      script.remove();
      reject(new Error("the script did not load"));
    };
    const late = setTimeout(fail, PATIENCE_MS);
    window[READY] = () => {
      clearTimeout(late);
      resolve();
    };
    script.src = `${src}?${new URLSearchParams({ onload: READY, render: "explicit", hl: document.documentElement.lang })}`;
    script.async = true;
    // What Google's script adds to the page it marks with the nonce that it finds on it.
    script.setAttribute("nonce", document.querySelector("script[nonce]").nonce);
    script.addEventListener("error", () => {
      clearTimeout(late);
      fail();
    });
    document.head.append(script);
  });
}
