/** The lock screen's title and buttons (Media Session). */
import type { Player } from './player.svelte';

export function showOnLockScreen(player: Player, title: string, artist: string): () => void {
  if (!('mediaSession' in navigator)) return () => undefined;
  const session = navigator.mediaSession;
  session.metadata = new MediaMetadata({
    title,
    artist,
    artwork: [{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' }],
  });
  const actions: Partial<Record<MediaSessionAction, () => void>> = {
    play: () => void player.listen(),
    pause: () => player.pause(),
    seekbackward: () => void player.skip(-15),
    seekforward: () => void player.skip(15),
  };
  const entries = Object.entries(actions) as [MediaSessionAction, () => void][];
  for (const [action, handler] of entries) session.setActionHandler(action, handler);
  return () => {
    session.metadata = null;
    for (const [action] of entries) session.setActionHandler(action, null);
  };
}
