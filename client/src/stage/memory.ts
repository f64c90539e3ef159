/** What this tab knows of the stage it stood on, so that reloading the page does not cost the seat. */

const KEY = 'balai.stage';

export interface Place {
  muted: boolean;
  deviceId: string;
}

export function keep(roomId: string, place: Place): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ roomId, ...place }));
  } catch {
    // Storage may be closed; then the button to take one's place is one press away.
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
}

export function remembered(roomId: string): Place | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as (Place & { roomId: string }) | null;
    return kept?.roomId === roomId ? { muted: kept.muted === true, deviceId: String(kept.deviceId) } : null;
  } catch {
    return null;
  }
}
