/** Single-key shortcuts. They rest while a person types or a dialogue is open, and can be turned off. */
import { preferences } from './preferences.svelte';

export type Keys = Record<string, () => void>;

const TYPING = 'input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]';
const PRESSING = 'button, a[href], summary, input, [role=button]';

function isFree(event: KeyboardEvent): boolean {
  const target = event.target as Element;
  if (!preferences.shortcuts || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.querySelector('dialog[open]')) return false;
  // The space bar belongs to the control that has the focus.
  return !target.closest(TYPING) && !(event.key === ' ' && target.closest(PRESSING));
}

/** Listen for keys: lower-case names for pressing, `^name` for letting go. Returns how to stop. */
export function listenForKeys(keys: () => Keys): () => void {
  const on = (prefix: string) => (event: KeyboardEvent) => {
    const name = prefix + event.key.toLowerCase();
    const action = keys()[name];
    if (!action || !isFree(event)) return;
    event.preventDefault();
    if (!event.repeat) action();
  };
  const down = on('');
  const up = on('^');
  addEventListener('keydown', down);
  addEventListener('keyup', up);
  return () => {
    removeEventListener('keydown', down);
    removeEventListener('keyup', up);
  };
}

/** Call `action` when a key is pressed twice within 600 ms: once is never enough for a dump. */
export function twice(action: () => void): () => void {
  let lastAt = 0;
  return () => {
    const now = performance.now();
    const isSecond = now - lastAt < 600;
    lastAt = isSecond ? 0 : now;
    if (isSecond) action();
  };
}
