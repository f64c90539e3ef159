/** One sentence about what was just done, with a way back for eight seconds. */

const SHOWN_MS = 8_000;

export interface Toast {
  sentence: string;
  undo?: () => void;
  isTrouble?: boolean;
}

class Toasts {
  shown = $state.raw<Toast | null>(null);
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(toast: Toast): void {
    clearTimeout(this.#timer);
    this.shown = toast;
    this.#timer = setTimeout(() => (this.shown = null), SHOWN_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.shown = null;
  }
}

export const toasts = new Toasts();
