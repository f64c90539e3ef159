"""Real browsers: Chromium with a fake microphone, and recorders inside its pages."""

import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
from playwright.async_api import Browser, Page, async_playwright

from rig.chirps import Heard, Sound, find

CHROMIUM: Final = "/usr/bin/chromium"
RATE_HZ: Final = 16_000
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # the rig talks to 127.0.0.1 only
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
Source = Literal["microphone", "stage", "programme"]

# Keeps the page's microphone and peer connections where a recorder finds them, and records any
# of them (or the hall's <audio>) as 16 kHz mono, with the wall-clock time of every block.
_HOOKS: Final = """
(() => {
  const media = navigator.mediaDevices;
  if (!media) return;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wish) => (window.rigMicrophone = await open(wish));
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...args) {
      super(...args);
      window.rigPeer = this;
    }
  };
  const streamOf = {
    microphone: () => window.rigMicrophone,
    stage: () => window.rigPeer &&
      new MediaStream(window.rigPeer.getReceivers().map((receiver) => receiver.track)),
    programme: () => document.querySelector('audio[data-testid=programme]')?.captureStream(),
  };
  window.rigRecordings = {};
  window.rigRecord = (source) => {
    const stream = streamOf[source]();
    if (!stream || !stream.getAudioTracks().length) return false;
    const context = new AudioContext({ sampleRate: RATE });
    const tap = context.createScriptProcessor(1024, 1, 1);
    const recording = { blocks: [], times: [], context, stream };
    window.rigRecordings[source] = recording;
    tap.onaudioprocess = (event) => {
      const input = event.inputBuffer.getChannelData(0);
      const block = new Int16Array(input.length);
      for (let i = 0; i < input.length; i++)
        block[i] = Math.max(-1, Math.min(1, input[i])) * 32767;
      recording.times.push(Date.now());
      recording.blocks.push(block);
    };
    context.createMediaStreamSource(stream).connect(tap);
    tap.connect(context.destination);
    return true;
  };
  window.rigPull = (source) => {
    const { blocks, times } = window.rigRecordings[source];
    const count = blocks.length;
    const all = new Int16Array(count * 1024);
    for (let i = 0; i < count; i++) all.set(blocks[i], i * 1024);
    const bytes = new Uint8Array(all.buffer);
    let text = '';
    for (let i = 0; i < bytes.length; i += 32768)
      text += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return [btoa(text), times.slice(0, count)];
  };
})();
""".replace("RATE", str(RATE_HZ))


@dataclass(frozen=True, slots=True)
class Recording:
    """What a page heard: mono at RATE_HZ, and the wall-clock second at which it began."""

    sound: Sound
    began_at_s: float

    def chirps(self, *, clarity_min: float = 0.5) -> list[Heard]:
        """Find the chirps; their times are wall-clock seconds."""
        return [
            Heard(heard.symbol, heard.at_s + self.began_at_s, heard.clarity)
            for heard in find(self.sound, RATE_HZ, clarity_min=clarity_min)
        ]


@contextlib.asynccontextmanager
async def browser(microphone: Path | None = None) -> AsyncIterator[Browser]:
    """Run one Chromium whose fake microphone plays a WAV file again and again."""
    flags = list(_FLAGS)
    if microphone is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone}")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=flags, headless=True
        )
        try:
            yield chromium
        finally:
            await chromium.close()


async def new_page(
    chromium: Browser, *, phone: bool = False, dark: bool = False, language: str = "en-GB"
) -> Page:
    """Open a page in a context of its own, as another person would."""
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844} if phone else {"width": 1280, "height": 800},
        color_scheme="dark" if dark else "light",
        locale=language,
        permissions=["microphone"],
        bypass_csp=False,
    )
    page = await context.new_page()
    await page.add_init_script(_HOOKS)
    return page


async def record(page: Page, source: Source) -> None:
    """Begin to record a sound of this page as soon as it exists."""
    await page.wait_for_function("(source) => window.rigRecord(source)", arg=source)


async def pull(page: Page, source: Source) -> Recording:
    """Give all that was recorded so far."""
    encoded, times_ms = await page.evaluate("(source) => window.rigPull(source)", source)
    pcm = np.frombuffer(base64.b64decode(encoded), np.dtype("<i2"))
    sound: Sound = (pcm / 32_767).astype(np.float32)
    # A block arrives after its last sample, sometimes much later: the earliest tells the truth.
    ends_s = np.arange(1, len(times_ms) + 1) * 1024 / RATE_HZ
    began_at_s = float((np.array(times_ms) / 1000 - ends_s).min()) if times_ms else 0.0
    return Recording(sound, began_at_s)
