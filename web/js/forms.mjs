// Forms that speak to the API: their fields become its request, its refusals are said above them in the reader's words.
import { call, SignedOut } from "./session.mjs";

const words = JSON.parse(document.getElementById("words").textContent);
const PATIENCE_MS = 3_000;
const TRIES = 20;

const read = {
  rupees: (text) => Number(text.replaceAll(",", "").replace("₹", "").trim() || "x"),
  number: Number,
  truth: (text) => text === "true",
};

function bodyOf(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.name.includes(".")) continue;
    const value = (read[field.dataset.kind] ?? ((text) => text.trim()))(field.value);
    body[field.name] = Number.isNaN(value) ? field.value : value;
  }
  // Of a list, which may stay empty: a line counts when something was written into it.
  for (const line of form.querySelectorAll("[data-item]")) {
    const fields = [...line.querySelectorAll("[name]")].map((field) => [field.name.split(".")[1], field.value.trim()]);
    if (line.querySelector("input").value.trim()) body[line.dataset.item] = [...(body[line.dataset.item] ?? []), Object.fromEntries(fields)];
  }
  return body;
}

function say(form, text) {
  const note = form.querySelector("[data-wrong]");
  if (!note) return;
  note.querySelector("p").textContent = text;
  note.hidden = !text;
}

function mark(form, errors) {
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  for (const { pointer } of errors) {
    const [name, , part] = pointer.replace(/^\/?/, "").split("/");
    form.elements[part ? `${name}.${part}` : name]?.setAttribute("aria-invalid", "true");
  }
  form.querySelector("[aria-invalid]")?.focus();
}

// A request that got no answer is sent again as the same; one that was refused is another.
const keys = new WeakMap();

async function send(form) {
  const { api, method = "POST", then } = form.dataset;
  if (!keys.has(form)) keys.set(form, crypto.randomUUID());
  const body = method === "DELETE" ? null : bodyOf(form);
  const answer = await call(api, body, { method, key: "once" in form.dataset ? keys.get(form) : undefined });
  keys.delete(form);
  if (answer.ok) return then ? location.assign(then) : location.reload();
  const said = await answer.json().catch(() => ({}));
  if (said.code === "fresh_sign_in_required") {
    // The form's page is where one comes back to.
    return location.assign(`${document.body.dataset.app}sign-in?fresh=1&next=${encodeURIComponent(location.pathname)}`);
  }
  mark(form, said.errors ?? []);
  const fields = (said.errors ?? []).length ? words.fields : "";
  throw new Error(words.refusals[said.code] ?? (fields || said.detail) ?? words.failed);
}

// A copy is made beside the requests; it is asked for until it is there.
async function copy(form) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await call(form.dataset.export, null, { method: "GET" });
    if (!answer.ok) throw new Error(words.failed);
    const told = await answer.json();
    if (told.url) {
      const link = form.querySelector("[data-copy]");
      link.href = told.url;
      link.hidden = false;
      form.querySelector("button").hidden = true;
      return link.focus();
    }
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  }
  throw new Error(words.later);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-api], [data-export]")) return;
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  say(form, "");
  try {
    await ("export" in form.dataset ? copy(form) : send(form));
  } catch (problem) {
    if (problem instanceof SignedOut) location.reload();
    else say(form, problem instanceof TypeError ? words.unreachable : problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
});
