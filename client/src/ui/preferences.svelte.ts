/** What this device remembers: theme, latency, single-key shortcuts, and how captions look. */

function kept(key: string, otherwise: string): string {
  try {
    return localStorage.getItem(`balai.${key}`) ?? otherwise;
  } catch {
    return otherwise; // storage may be closed (private window)
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`balai.${key}`, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}

export const CAPTION_SIZES = ['small', 'normal', 'large'] as const;
export type CaptionSize = (typeof CAPTION_SIZES)[number];
export type Theme = 'system' | 'light' | 'dark';

class Preferences {
  theme = $state(kept('theme', 'system') as Theme);
  latency = $state<'plain' | 'low'>(kept('latency', 'low') === 'plain' ? 'plain' : 'low');
  shortcuts = $state(kept('shortcuts', 'on') === 'on');
  captions = $state(kept('captions', 'off') === 'on');
  captionSize = $state(CAPTION_SIZES.find((size) => size === kept('caption-size', '')) ?? 'normal');
  strongCaptions = $state(kept('strong-captions', 'off') === 'on');
  /** Whether a screen reader reads each phrase as it comes. */
  spokenCaptions = $state(kept('spoken-captions', 'off') === 'on');

  chooseTheme(theme: Theme): void {
    this.theme = theme;
    keep('theme', theme);
    const root = document.documentElement;
    if (theme === 'system') delete root.dataset.theme;
    else root.dataset.theme = theme;
  }

  chooseLatency(latency: 'plain' | 'low'): void {
    this.latency = latency;
    keep('latency', latency);
  }

  chooseShortcuts(on: boolean): void {
    this.shortcuts = on;
    keep('shortcuts', on ? 'on' : 'off');
  }

  chooseCaptions(on: boolean): void {
    this.captions = on;
    keep('captions', on ? 'on' : 'off');
  }

  chooseCaptionSize(size: CaptionSize): void {
    this.captionSize = size;
    keep('caption-size', size);
  }

  chooseStrongCaptions(on: boolean): void {
    this.strongCaptions = on;
    keep('strong-captions', on ? 'on' : 'off');
  }

  chooseSpokenCaptions(on: boolean): void {
    this.spokenCaptions = on;
    keep('spoken-captions', on ? 'on' : 'off');
  }
}

export const preferences = new Preferences();
