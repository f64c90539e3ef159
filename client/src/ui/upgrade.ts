/** A page that was open while the house was upgraded: its later parts have other names now. */
import { m } from '../paraglide/messages';
import { toasts } from './toast.svelte';

const KEY = 'balai-reloaded-at';
/** What still cannot be had after so fresh a reload is missing for another reason. */
const AGAIN_MS = 60_000;

/** Load the page anew when a part of it is gone. A seat on stage and a place in a room outlive that. */
export function reloadWhenPartsAreGone(): void {
  addEventListener('vite:preloadError', (event) => {
    const at = Number(sessionStorage.getItem(KEY));
    if (Date.now() - at < AGAIN_MS) return toasts.show({ sentence: m.part_missing_do() });
    sessionStorage.setItem(KEY, String(Date.now()));
    event.preventDefault();
    location.reload();
  });
}
