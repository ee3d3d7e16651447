// Sign-in by phone: Firebase sends the code and vouches for the number; our server opens the session and sets its cookies.
import { captcha } from "./captcha.mjs";
import { forget } from "./forget.mjs";
import { APP, post } from "./session.mjs";

const page = document.getElementById("sign-in");
const words = JSON.parse(document.getElementById("words").textContent);
const { firebase, key, next, recaptcha } = page.dataset;
const asking = document.getElementById("ask");
const typing = document.getElementById("type");
const AGAIN_S = 30;
let session = "";
let phone = "";

// What its message says is for people.
class Told extends Error {}

async function identity(method, body) {
  let answer;
  try {
    answer = await fetch(`${firebase}/v1/${method}?key=${encodeURIComponent(key)}`, {
      credentials: "omit",
      ...(body ? { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) } : {}),
    });
  } catch {
    throw new Told(words.unreachable);
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const code = String(said.error?.message ?? "").split(" ")[0];
  throw new Told(words.refusals[code] ?? words.failed);
}

function normal(text) {
  const digits = text.replace(/[^\d+]/g, "");
  if (digits.startsWith("+")) return digits;
  return `+91${digits.replace(/^0/, "")}`;
}

async function busy(form, work) {
  const button = form.querySelector('button[type="submit"]');
  const wrong = form.querySelector(".wrong");
  const field = form.querySelector("input");
  button.setAttribute("aria-busy", "true");
  wrong.textContent = "";
  field.removeAttribute("aria-invalid");
  try {
    await work();
  } catch (problem) {
    wrong.textContent = problem instanceof Told ? problem.message : words.failed;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

const passed = captcha(recaptcha, async () => (await identity("recaptchaParams")).recaptchaSiteKey);

// The fields that Firebase's SDK sends where a project has no reCAPTCHA Enterprise: that one's answer is "none", v2's counts.
async function send() {
  const recaptchaToken = await passed().catch((problem) => {
    throw problem instanceof Told ? problem : new Told(words.unchecked);
  });
  const asked = await identity("accounts:sendVerificationCode", {
    phoneNumber: phone,
    recaptchaToken,
    captchaResponse: "NO_RECAPTCHA",
    clientType: "CLIENT_TYPE_WEB",
    recaptchaVersion: "RECAPTCHA_ENTERPRISE",
  });
  session = asked.sessionInfo;
}

asking.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(asking, async () => {
    phone = normal(asking.elements.phone.value);
    if (!/^\+\d{8,15}$/.test(phone)) throw new Told(words.refusals.INVALID_PHONE_NUMBER);
    await send();
    asking.hidden = true;
    typing.hidden = false;
    document.getElementById("sent-to").textContent = phone;
    typing.elements.code.focus();
    rest();
  });
});

typing.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(typing, async () => {
    const code = typing.elements.code.value.trim();
    const proved = await identity("accounts:signInWithPhoneNumber", { sessionInfo: session, code });
    forget();
    const answer = await post(`${APP}session`, { idToken: proved.idToken }).catch(() => {
      throw new Told(words.unreachable);
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Told(said.detail ?? words.failed);
    location.replace(next);
  });
});

typing.elements.code.addEventListener("input", () => {
  if (/^\d{6}$/.test(typing.elements.code.value)) typing.requestSubmit();
});

document.getElementById("change").addEventListener("click", () => {
  typing.hidden = true;
  asking.hidden = false;
  typing.reset();
  asking.elements.phone.focus();
});

const again = document.getElementById("again");
again.addEventListener("click", () => busy(typing, async () => {
  rest();
  await send();
}));

function rest() {
  let left = AGAIN_S;
  again.disabled = true;
  const label = again.dataset.label;
  const tick = () => {
    again.textContent = left > 0 ? `${label} · ${left} s` : label;
    again.disabled = left > 0;
    if (left > 0) setTimeout(tick, 1000);
    left -= 1;
  };
  tick();
}
