// What the person at the counter hears and feels without looking.
const TONES = { good: [[880, 0, 0.12], [1320, 0.12, 0.18]], bad: [[220, 0, 0.35]], wait: [[560, 0, 0.12], [560, 0.2, 0.12]] };
const SHAKES = { good: [60], bad: [120, 60, 120], wait: [80, 40, 80] };
let sounds = null;

export function buzz(tone) {
  // A page that nobody has touched yet may not shake, and the browser complains of one that tries.
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(SHAKES[tone] ?? SHAKES.bad);
  try {
    sounds ??= new AudioContext();
    if (sounds.state === "suspended") sounds.resume().catch(() => {});
    for (const [pitch, after, length] of TONES[tone] ?? TONES.bad) {
      const voice = sounds.createOscillator();
      const volume = sounds.createGain();
      voice.frequency.value = pitch;
      volume.gain.setValueAtTime(0.2, sounds.currentTime + after);
      volume.gain.exponentialRampToValueAtTime(0.001, sounds.currentTime + after + length);
      voice.connect(volume).connect(sounds.destination);
      voice.start(sounds.currentTime + after);
      voice.stop(sounds.currentTime + after + length);
    }
  } catch {
    // A device without sound still shakes and shows.
  }
}
