// On a phone a row is a card, and each value says under which head it stands.
document.addEventListener("DOMContentLoaded", () => {
  const list = document.getElementById("result_list");
  if (!list) return;
  const heads = [...list.querySelectorAll("thead th")].map((head) => head.querySelector(".text")?.textContent.trim());
  for (const row of list.tBodies[0].rows) {
    [...row.cells].forEach((cell, at) => {
      if (heads[at] && !cell.classList.contains("action-checkbox")) cell.dataset.head = heads[at];
    });
  }
});
