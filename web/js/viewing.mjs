// An operator looks at somebody's page: the time runs down, and nothing leaves the page. The server refuses it as well.
export function look(banner) {
  if (!banner) return;
  const left = banner.querySelector("[data-left]");
  const until = Date.parse(left.dateTime);
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (!seconds) location.reload();
    else setTimeout(tick, 1000);
  };
  tick();

  const unsent = banner.querySelector("[data-unsent]");
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  // Capturing: before the scripts of the page see it.
  document.addEventListener("submit", (event) => {
    const method = event.submitter?.formMethod || event.target.method;
    if (event.target.matches("[data-stop]") || (method === "get" && !event.target.matches("[data-by-script]"))) return;
    stop(event);
    unsent.textContent = unsent.dataset.text;
  }, true);
  // What a page would send by itself, it does not send.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.requestConfig.verb !== "get") stop(event);
  }, true);
}
