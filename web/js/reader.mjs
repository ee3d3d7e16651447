// Reads QR codes from the camera: with the phone's own detector where there is one, else with zxing in WebAssembly.
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const PAUSE_MS = 80;
// A code needs no more, and a cheap phone has no time for more.
const LONGEST_SIDE = 960;

export class Reader {
  constructor({ finder, wasm, onCode }) {
    this.finder = finder;
    this.video = finder.querySelector("video");
    this.veil = finder.querySelector(".veil");
    this.torch = finder.querySelector("[data-torch]");
    this.onCode = onCode;
    this.canvas = document.createElement("canvas");
    this.wasm = wasm;
    this.stream = null;
    this.torch.addEventListener("click", () => this.light());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.start()));
    addEventListener("pagehide", () => this.stop());
  }

  async start() {
    if (this.stream || this.starting) return;
    this.starting = true;
    this.say("starting");
    try {
      this.detect ??= await detector(this.wasm);
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      this.video.srcObject = this.stream;
      await this.video.play();
      const [track] = this.stream.getVideoTracks();
      this.torch.hidden = !track.getCapabilities?.().torch;
      track.addEventListener("ended", () => this.stop());
      this.say("");
      this.look();
    } catch (problem) {
      this.stop();
      this.say(problem.name === "NotAllowedError" ? "refused" : "missing");
    } finally {
      this.starting = false;
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.torch.hidden = true;
    this.torch.setAttribute("aria-pressed", "false");
    this.say("stopped");
  }

  async light() {
    const on = this.torch.getAttribute("aria-pressed") !== "true";
    try {
      await this.stream?.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
    } catch {
      // Another app has the lamp, or the phone is too hot for it: the button says what is.
      return;
    }
    this.torch.setAttribute("aria-pressed", String(on));
  }

  async look() {
    const stream = this.stream;
    if (!stream) return;
    try {
      const text = this.video.videoWidth ? await this.detect(this.frame()) : "";
      if (text && this.stream === stream) this.onCode(text);
    } catch {
      // One frame that cannot be read is followed by the next.
    }
    if (this.stream === stream) this.timer = setTimeout(() => this.look(), PAUSE_MS);
  }

  frame() {
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.pen ??= this.canvas.getContext("2d", { willReadFrequently: true });
    this.pen.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return this.canvas;
  }

  say(state) {
    this.veil.hidden = state === "";
    this.veil.querySelectorAll("[data-state]").forEach((one) => { one.hidden = one.dataset.state !== state; });
    this.veil.querySelector("button").hidden = state === "starting";
  }
}

async function detector(wasm) {
  const own = globalThis.BarcodeDetector;
  if (own && (await own.getSupportedFormats().catch(() => [])).includes("qr_code")) {
    const detector = new own({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas))[0]?.rawValue ?? "";
  }
  await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  return async (canvas) => {
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const image = pen.getImageData(0, 0, canvas.width, canvas.height);
    const found = await readBarcodes(image, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
    return found[0]?.text ?? "";
  };
}
