// An operator looks at somebody's page: the time runs down, and nothing leaves the page. The server refuses it as well.
// Whatever the server says is left, the page is not asked for more often.
const LEAST_S = 5;

export function look(banner) {
  if (!banner) return;
  const clock = banner.querySelector("[data-left]");
  const left = Number(clock.dataset.left);
  // Counted from here on: the clocks of this machine and of the server need not agree.
  const since = performance.now();
  const tick = () => {
    const gone = (performance.now() - since) / 1000;
    const seconds = Math.max(0, Math.ceil(left - gone));
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (gone >= Math.max(left, LEAST_S)) location.reload();
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
