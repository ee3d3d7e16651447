// Signing out: what was kept here goes with whoever leaves, all but scans that are not settled. These are money: they stay for
// their business, and whoever leaves is told first.
import { forget } from "./forget.mjs";
import { size } from "./queue.mjs";

export function leave(event) {
  const form = event.target;
  if (!form.matches("[data-sign-out]")) return;
  const note = form.querySelector("[data-unsettled]");
  if (!note?.hidden) return forget();
  event.preventDefault();
  size(document.body.dataset.business).catch(() => 0).then((left) => {
    note.hidden = left === 0;
    if (left) return;
    forget();
    form.submit();
  });
}
