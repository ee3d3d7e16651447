// The scanner: a camera that reads codes, one big screen for what came of it, and a queue for when the network is away.
import { Reader } from "./reader.mjs";
import { call, SignedOut } from "./session.mjs";
import * as queue from "./queue.mjs";
import { buzz } from "./feel.mjs";
import { Bill, offBill } from "./bill.mjs";

const page = document.getElementById("scanner");
const words = JSON.parse(document.getElementById("words").textContent);
const outlet = document.getElementById("outlet");
const verdict = document.getElementById("verdict");
const rupees = (digits) => new Intl.NumberFormat("en-IN", { style: "currency", currency: "INR", minimumFractionDigits: digits });
// As the server writes it: paise where there are any, and then both digits.
const money = (amount) => rupees(Number.isInteger(amount) ? 0 : 2).format(amount);
const bill = new Bill({ dialog: document.getElementById("bill"), opener: document.getElementById("bill-open"), money, words });
const OUTLET = "uma-outlet";
const { business } = document.body.dataset;
// A phone that is still in front of the camera is not scanned again: its booking, whatever the code of the moment.
const SAME_MS = 30_000;
const CARD = "UMAC1.";
const booking = (text) => (text.startsWith(CARD) ? CARD : text.split(".")[2] ?? text);
let seen = { booking: "", until: 0 };
let working = false;
// The scan on the screen that was refused for want of the bill alone.
let missing = null;

const reader = new Reader({
  finder: document.getElementById("finder"),
  wasm: page.dataset.wasm,
  onCode: (text) => {
    if (working || verdict.open || bill.isOpen) return;
    if (booking(text) === seen.booking && Date.now() < seen.until) return;
    seen = { booking: booking(text), until: Date.now() + SAME_MS };
    settle({ qrData: text });
  },
});

// ---- one scan ------------------------------------------------------------------------------

async function settle(what) {
  // When it was scanned stands in it from the start: a repeat with the same key must be the same request.
  const at = new Date().toISOString();
  const body = { ...what, outletId: outlet?.value || null, ...billed(), ...(what.qrData ? { scannedAt: at } : {}) };
  await send({ key: crypto.randomUUID(), at, business, body });
}

async function send(scan) {
  working = true;
  page.setAttribute("aria-busy", "true");
  const what = scan.body;
  const isCard = what.qrData?.startsWith(CARD);
  try {
    show(await (isCard ? checkIn(what.qrData) : execute(scan)));
  } catch (problem) {
    if (problem instanceof SignedOut) location.reload();
    // It is good for a minute alone, and nothing is lost with it.
    else if (isCard) show({ tone: "bad", title: words.offline_card, detail: words.unreachable });
    else if (what.qrData) await keep(scan);
    else show({ tone: "bad", title: words.offline_digits, detail: words.unreachable });
  } finally {
    working = false;
    page.removeAttribute("aria-busy");
  }
}

// What the guest's bill adds to a request: nothing where it was not keyed in.
const billed = () => (bill.rupees === null ? {} : { billAmount: bill.rupees });

// The code of a guest without a deal: nobody pays, and it is known that they came.
async function checkIn(text) {
  const answer = await call("/api/handshake/check-in", { code: text, outletId: outlet?.value || null, ...billed() });
  const said = await answer.json();
  if (answer.status >= 500 || said.code === "rate_limited") throw new TypeError(said.code ?? "unavailable");
  if (!answer.ok) return { tone: "bad", title: words.refused, notes: [words.refusals[said.code] ?? said.detail] };
  const facts = [[words.guest, said.checkIn.isNewCustomer ? words.is_new : words.is_known]];
  return { tone: "good", title: words.checked_in, facts, notes: [said.alreadyCheckedIn ? words.checked_in_before : words.checked_in_free] };
}

async function execute(scan) {
  const answer = await call("/api/handshake/execute", scan.body, { key: scan.key });
  const said = await answer.json();
  if (answer.ok) return success(said, scan);
  // A server that is not there for now is as good as none.
  if (answer.status >= 500 || said.code === "rate_limited") throw new TypeError(said.code ?? "unavailable");
  return refusal(said, scan);
}

function success(said, scan) {
  const { amounts, isNewCustomer, review } = said.handshake;
  const facts = [
    ...toPay(scan.body.billAmount, said.apply_discount),
    [words.guest, isNewCustomer ? words.is_new : words.is_known],
    [words.debit, money(amounts.merchantDebit)],
    [words.cashback, money(amounts.reimbursement)],
  ];
  const off = said.apply_discount === "0%" ? words.verified : words.apply.replace("%s", said.apply_discount.replace("%", " %"));
  const notes = [];
  if (said.alreadyRedeemed) notes.push(words.again);
  if (review) notes.push(words.review);
  return { tone: "good", title: off, facts, notes, sum: money(amounts.merchantDebit) };
}

// What the cashier takes, where the bill is known.
function toPay(rupeesOfBill, percent) {
  if (!rupeesOfBill) return [];
  const paise = Math.round(rupeesOfBill * 100);
  const off = offBill(paise, percent);
  return [[words.bill, money(paise / 100)], [words.off_bill, money(off / 100)], [words.to_pay, money((paise - off) / 100)]];
}

async function refusal(said, scan) {
  const notes = new Set([words.refusals[said.code] ?? said.detail]);
  // Every rule that fails, not the first alone; a code that nobody can read has no more to tell.
  if (scan.body.qrData && said.code !== "qr_invalid" && said.code !== "unknown_code") {
    const preview = await call("/api/handshake/preview", scan.body).catch(() => null);
    const told = preview?.ok ? await preview.json() : { failures: [] };
    for (const rule of told.failures) notes.add(words.refusals[rule.code] ?? rule.detail);
  }
  return { tone: "bad", title: words.refused, notes: [...notes], needsBill: said.code === "bill_needed" ? scan : null };
}

// The same code, read at the same instant, with the bill that was missing: another request, so another key.
async function withBill(scan) {
  const billAmount = await bill.ask();
  return billAmount === null ? null : { ...scan, key: crypto.randomUUID(), body: { ...scan.body, billAmount } };
}

// ---- the queue -----------------------------------------------------------------------------

async function keep(scan) {
  const facts = scan.body.billAmount ? [[words.bill, money(scan.body.billAmount)]] : [];
  if (await queue.put(scan)) show({ tone: "warn", title: words.kept, facts, notes: [words.kept_how, words.kept_until], sound: "wait" });
  else show({ tone: "bad", title: words.queue_full, notes: [words.unreachable] });
  await waiting();
}

async function drain() {
  await queue.drain(business, async (scan) => {
    const result = await execute(scan).catch((problem) => {
      if (problem instanceof SignedOut) location.reload();
      throw problem;
    });
    document.getElementById("settled").prepend(row(scan, result));
    document.getElementById("settled-card").hidden = false;
  });
  await waiting();
}

async function waiting() {
  const left = await queue.size(business);
  const note = document.getElementById("waiting");
  note.hidden = left === 0;
  note.querySelector("b").textContent = words.waiting.replace("%s", left);
}

function row(scan, result) {
  const line = document.getElementById("settled-row").content.cloneNode(true);
  line.querySelector("time").textContent = new Date(scan.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  line.querySelector("b").textContent = result.title;
  line.querySelector(".sum").textContent = result.sum ?? "";
  line.querySelector(".why").textContent = result.tone === "good" ? "" : (result.notes ?? []).join(" ");
  line.querySelector(".dot").classList.toggle("good", result.tone === "good");
  if (result.needsBill) line.querySelector("li").append(billButton(result.needsBill));
  return line;
}

// A scan that waited cannot know that it needs the bill: it is asked for when the answer is there.
function billButton(scan) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: words.bill_key });
  button.addEventListener("click", async () => {
    const again = await withBill(scan);
    if (!again || working) return;
    button.closest("li").remove();
    await send(again);
  });
  return button;
}

addEventListener("online", drain);
setInterval(() => queue.size(business).then((left) => left && navigator.onLine && drain()), 10_000);

// ---- the big screen ------------------------------------------------------------------------

function show({ tone, title, facts = [], notes = [], detail = "", sound = tone, needsBill = null }) {
  verdict.dataset.tone = tone;
  missing = needsBill;
  verdict.querySelector("form button").textContent = needsBill ? words.bill_key : words.next;
  verdict.querySelectorAll("[data-icon]").forEach((icon) => { icon.hidden = icon.dataset.icon !== tone; });
  verdict.querySelector(".big").textContent = title;
  const list = verdict.querySelector("dl");
  list.replaceChildren(...facts.map(([name, value]) => {
    const pair = document.createElement("div");
    pair.append(Object.assign(document.createElement("dt"), { textContent: name }), Object.assign(document.createElement("dd"), { textContent: value }));
    return pair;
  }));
  verdict.querySelector("ul").replaceChildren(...[...notes, detail].filter(Boolean).map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  // It went with this guest; whoever is refused may show the code again.
  if (tone !== "bad") bill.forget();
  buzz(sound);
  if (!verdict.open) verdict.showModal();
}

verdict.addEventListener("close", async () => {
  // What was refused may be tried again once the code on the phone has changed hands or moved on.
  if (verdict.dataset.tone === "bad") seen = { ...seen, until: Date.now() + 3_000 };
  else seen = { ...seen, until: Date.now() + SAME_MS };
  const scan = missing;
  missing = null;
  const again = scan && await withBill(scan);
  if (again) await send(again);
});

// ---- what the page offers ------------------------------------------------------------------

if (outlet) {
  const kept = localStorage.getItem(OUTLET);
  if ([...outlet.options].some((one) => one.value === kept)) outlet.value = kept;
  outlet.addEventListener("change", () => localStorage.setItem(OUTLET, outlet.value));
}
document.getElementById("digits").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = event.target.elements.code;
  const code = field.value.trim();
  document.getElementById("digits-wrong").textContent = /^\d{6}$/.test(code) ? "" : words.six_digits;
  if (!/^\d{6}$/.test(code) || working) return;
  field.value = "";
  settle({ code });
});
document.getElementById("start").addEventListener("click", () => reader.start());
waiting().then(() => navigator.onLine && drain());
reader.start();
