// Booking a deal: the answer brings the ticket's key, which is kept on this device alone.
import { call, SignedOut } from "./session.mjs";
import { keep } from "./tickets.mjs";
import { whereAmI } from "./place.mjs";

const words = JSON.parse(document.getElementById("words").textContent);
const form = document.getElementById("book");
const wrong = document.getElementById("book-wrong");
// A request that got no answer is sent again as the same.
const requestKey = crypto.randomUUID();

function say(text) {
  wrong.querySelector("p").textContent = text;
  wrong.hidden = !text;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter ?? form.querySelector("button");
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  say("");
  try {
    await book();
  } catch (problem) {
    if (problem instanceof SignedOut) location.reload();
    else say(problem instanceof TypeError ? words.unreachable : problem.message);
    button.removeAttribute("aria-busy");
  }
});

async function book() {
  const { campaign, outlet, tickets } = form.dataset;
  let location_ = null;
  if ("needsPlace" in form.dataset) {
    location_ = await whereAmI();
    if (!location_) throw new Error(words.no_place);
  }
  const body = { campaignId: campaign, outletId: outlet, location: location_ };
  const answer = await call("/api/rides/book", body, { key: requestKey });
  const said = await answer.json();
  if (!answer.ok) throw new Error(words.refusals[said.code] ?? said.detail ?? words.failed);
  await keep(said.ride, Date.parse(answer.headers.get("Date")) || Date.now());
  location.assign(`${tickets}${said.ride.id}`);
}
