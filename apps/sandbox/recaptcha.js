// What Google's api.js offers a page, as far as an invisible widget goes. Everybody passes.
(() => {
  const here = new URL(document.currentScript.src);
  const widgets = [];

  function render(container, wishes) {
    const badge = document.createElement("div");
    const frame = document.createElement("iframe");
    badge.className = "grecaptcha-badge";
    frame.title = "reCAPTCHA";
    frame.src = new URL(`/recaptcha/api2/anchor?k=${encodeURIComponent(wishes.sitekey)}`, here);
    const loaded = new Promise((done) => frame.addEventListener("load", done, { once: true }));
    badge.append(frame);
    container.append(badge);
    return widgets.push({ frame, wishes, loaded, response: "" }) - 1;
  }

  async function execute(id = 0) {
    const widget = widgets[id];
    await widget.loaded;
    // Whoever has an answer must ask for it to be forgotten first.
    if (!widget.response) widget.frame.contentWindow.postMessage("execute", here.origin);
  }

  addEventListener("message", ({ source, origin, data }) => {
    const widget = widgets.find(({ frame }) => frame.contentWindow === source);
    if (!widget || origin !== here.origin) return;
    widget.response = data.token ?? "";
    if (widget.response) widget.wishes.callback(widget.response);
    else widget.wishes["error-callback"]?.();
  });

  window.grecaptcha = {
    ready: (then) => then(),
    render,
    execute,
    reset: (id = 0) => { widgets[id].response = ""; },
    getResponse: (id = 0) => widgets[id].response,
  };
  window[here.searchParams.get("onload")]?.();
})();
