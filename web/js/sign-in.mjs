// Sign-in by phone: Firebase sends the code and vouches for the number; our server opens the session and sets its cookies.
import { forget } from "./forget.mjs";
import { APP, post } from "./session.mjs";

const page = document.getElementById("sign-in");
const words = JSON.parse(document.getElementById("words").textContent);
const { firebase, key, next } = page.dataset;
const asking = document.getElementById("ask");
const typing = document.getElementById("type");
const AGAIN_S = 30;
let session = "";
let phone = "";

async function identity(method, body) {
  let answer;
  try {
    answer = await fetch(`${firebase}/v1/accounts:${method}?key=${encodeURIComponent(key)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "omit",
    });
  } catch {
    throw new Error(words.unreachable);
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const code = String(said.error?.message ?? "").split(" ")[0];
  throw new Error(words.refusals[code] ?? words.failed);
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
    wrong.textContent = problem.message;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function send() {
  session = (await identity("sendVerificationCode", { phoneNumber: phone })).sessionInfo;
}

asking.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(asking, async () => {
    phone = normal(asking.elements.phone.value);
    if (!/^\+\d{8,15}$/.test(phone)) throw new Error(words.refusals.INVALID_PHONE_NUMBER);
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
    const proved = await identity("signInWithPhoneNumber", { sessionInfo: session, code });
    forget();
    const answer = await post(`${APP}session`, { idToken: proved.idToken }).catch(() => {
      throw new Error(words.unreachable);
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.detail ?? words.failed);
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
