// News from the server: an event stream that is taken up where it stopped; asked for by and by where streams do not work.
import { stale } from "./failing.mjs";

const PAUSE_MS = 5000;

export function follow(address, since) {
  let last = since ?? "";
  let source = null;
  let timer = 0;
  const here = () => `${address}?since=${encodeURIComponent(last)}`;
  const tell = (topic, id) => {
    if (id) last = id;
    document.body.dispatchEvent(new CustomEvent(`live:${topic}`, { bubbles: true }));
  };

  const poll = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(here(), { headers: { Accept: "text/event-stream" } });
      if (answer.status === 401) return location.reload();
      stale("news", !answer.ok);
      if (answer.ok) for (const { topic, id } of read(await answer.text())) tell(topic, id);
    } catch {
      // Without a network there are no news; the next look comes anyway.
      stale("news", true);
    }
  };

  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(here());
    for (const topic of (document.body.dataset.topics ?? "").split(" ")) {
      source.addEventListener(topic, (event) => tell(topic, event.lastEventId));
    }
    source.onerror = () => {
      if (source?.readyState === EventSource.CLOSED) {
        close();
        timer ||= setInterval(poll, PAUSE_MS);
        poll();
      }
    };
  };
  const close = () => {
    source?.close();
    source = null;
  };

  if (!("EventSource" in window)) {
    timer = setInterval(poll, PAUSE_MS);
    return;
  }
  document.addEventListener("visibilitychange", () => {
    if (timer) return;
    if (document.hidden) close();
    else open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", () => timer || open());
  open();
}

function* read(text) {
  for (const block of text.split(/\r?\n\r?\n/)) {
    const fields = Object.fromEntries(
      block.split(/\r?\n/).filter((line) => line.includes(":")).map((line) => line.split(/: ?(.*)/s).slice(0, 2)),
    );
    if (fields.event) yield { topic: fields.event, id: fields.id };
  }
}
