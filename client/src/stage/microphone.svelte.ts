/** My microphone: which one, how loud, open or shut, and what it sounds like to others. */

export type MicrophoneTrouble = 'denied' | 'missing' | 'busy';

/** The meter moves at 15 Hz: fast enough to follow speech, slow enough to be calm. */
const METER_MS = 66;
const SAMPLE_MS = 4_000;
const FLOOR_DB = -60;

function troubleOf(refused: unknown): MicrophoneTrouble {
  const name = refused instanceof DOMException ? refused.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotReadableError' ? 'busy' : 'missing';
}

export class Microphone {
  devices = $state.raw<MediaDeviceInfo[]>([]);
  deviceId = $state('');
  /** Loudness from 0 (silence) to 1 (full). */
  level = $state(0);
  trouble = $state<MicrophoneTrouble | null>(null);
  isOpen = $state(false);
  sampling = $state<'no' | 'recording' | 'playing'>('no');
  stream: MediaStream | null = null;

  #context: AudioContext | null = null;
  #meter: ReturnType<typeof setInterval> | undefined;

  get track(): MediaStreamTrack | null {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  async open(): Promise<void> {
    if (this.stream) return;
    if (!('mediaDevices' in navigator)) {
      this.trouble = 'missing';
      return;
    }
    const chosen = this.deviceId ? { deviceId: { ideal: this.deviceId } } : {};
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { ...chosen, echoCancellation: true, noiseSuppression: true, channelCount: 1 },
      });
    } catch (refused) {
      this.trouble = troubleOf(refused);
      return;
    }
    this.trouble = null;
    this.isOpen = true;
    this.deviceId = this.track?.getSettings().deviceId ?? this.deviceId;
    const all = await navigator.mediaDevices.enumerateDevices();
    this.devices = all.filter((device) => device.kind === 'audioinput');
    this.#measure();
  }

  async choose(deviceId: string): Promise<void> {
    this.close();
    this.deviceId = deviceId;
    await this.open();
  }

  setOpen(open: boolean): void {
    this.isOpen = open;
    if (this.track) this.track.enabled = open;
  }

  close(): void {
    clearInterval(this.#meter);
    void this.#context?.close();
    this.#context = null;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.level = 0;
    this.isOpen = false;
  }

  /** Record a few seconds and play them back: what others will hear, echo included. */
  async sample(): Promise<void> {
    if (!this.stream || this.sampling !== 'no') return;
    const recorder = new MediaRecorder(this.stream);
    const pieces: Blob[] = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    this.sampling = 'recording';
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    setTimeout(() => recorder.stop(), SAMPLE_MS);
    await stopped;
    const url = URL.createObjectURL(new Blob(pieces, { type: recorder.mimeType }));
    const audio = new Audio(url);
    this.sampling = 'playing';
    const over = new Promise((resolve) => (audio.onended = audio.onerror = resolve));
    await audio.play().catch(() => undefined);
    await over;
    URL.revokeObjectURL(url);
    this.sampling = 'no';
  }

  #measure(): void {
    if (!this.stream) return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1_024;
    context.createMediaStreamSource(this.stream).connect(analyser);
    const block = new Float32Array(analyser.fftSize);
    this.#context = context;
    this.#meter = setInterval(() => {
      analyser.getFloatTimeDomainData(block);
      const power = block.reduce((sum, sample) => sum + sample * sample, 0) / block.length;
      const loudness = 1 - (10 * Math.log10(power + 1e-9)) / FLOOR_DB;
      this.level = Math.max(0, Math.min(1, loudness));
    }, METER_MS);
  }
}
