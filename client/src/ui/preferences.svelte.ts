/** What this device remembers: theme, latency, single-key shortcuts. */

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

export type Theme = 'system' | 'light' | 'dark';

class Preferences {
  theme = $state(kept('theme', 'system') as Theme);
  latency = $state<'plain' | 'low'>(kept('latency', 'low') === 'plain' ? 'plain' : 'low');
  shortcuts = $state(kept('shortcuts', 'on') === 'on');

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
}

export const preferences = new Preferences();
