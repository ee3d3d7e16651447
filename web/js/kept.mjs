// Without a network: the tickets that are on this device.
import { waiting } from "./tickets.mjs";

const list = document.getElementById("kept");
for (const one of await waiting()) {
  const row = document.getElementById("kept-row").content.cloneNode(true);
  row.querySelector("a").href = list.dataset.path + one.id;
  row.querySelector("b").textContent = one.merchant;
  row.querySelector(".small").textContent = one.title;
  list.append(row);
}
