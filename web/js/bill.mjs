// The guest's bill, keyed in with a thumb before the code is read: optional, exact to the paisa, gone with its scan.
const MOST_RUPEES = 10_000_000;
const TYPED = /^(\d{0,8})(?:\.(\d{0,2}))?$/;
const BPS = 10_000;

// What was typed so far in paise; null for what is no amount, such as a third decimal.
export function paiseIn(text) {
  const found = TYPED.exec(text);
  if (!found) return null;
  const paise = Number(found[1] || 0) * 100 + Number((found[2] ?? "").padEnd(2, "0"));
  return paise <= MOST_RUPEES * 100 ? paise : null;
}

// What a discount (`12.5%`) takes off a bill: half a paisa is one, as the server counts it.
export function offBill(paise, percent) {
  const bps = Math.round(Number.parseFloat(percent) * 100);
  return Math.floor((paise * bps + BPS / 2) / BPS);
}

export class Bill {
  #paise = 0;

  constructor({ dialog, opener, money, words }) {
    Object.assign(this, { dialog, opener, money, words });
    this.field = dialog.querySelector("input");
    this.typed = "";
    opener.addEventListener("click", () => this.#open());
    dialog.querySelector(".keys").addEventListener("click", ({ target }) => target.dataset.key && this.#press(target.dataset.key));
    // A keyboard may type as well; what would be no amount is not taken.
    this.field.addEventListener("input", () => this.#take(this.field.value));
    dialog.addEventListener("close", () => {
      this.#close(dialog.returnValue);
      this.asked?.(this.rupees);
      this.asked = null;
    });
    this.#keep(0);
  }

  get isOpen() { return this.dialog.open; }

  // As the API takes it: rupees. None where nobody typed one.
  get rupees() { return this.#paise ? this.#paise / 100 : null; }

  forget() { this.#keep(0); }

  // Opens the keypad because a scan needs the bill; answers what was keyed in, or null.
  ask() {
    // Nothing of another guest's stands in it.
    this.#keep(0);
    this.#open();
    return new Promise((answer) => { this.asked = answer; });
  }

  #open() {
    this.dialog.returnValue = "";
    this.#take(this.#paise ? String(this.#paise / 100) : "");
    this.dialog.showModal();
  }

  #close(chosen) {
    if (chosen === "bill") this.#keep(paiseIn(this.typed));
    else if (chosen === "none") this.#keep(0);
  }

  #press(key) {
    this.#take(key === "back" ? this.typed.slice(0, -1) : this.typed + key);
  }

  #take(text) {
    if (paiseIn(text) !== null) this.typed = text;
    this.field.value = this.typed;
  }

  #keep(paise) {
    this.#paise = paise;
    this.opener.querySelector("span").textContent = paise ? this.words.bill_is.replace("%s", this.money(paise / 100)) : this.words.bill_add;
    this.opener.classList.toggle("chosen", paise > 0);
  }
}
