/** Whether something was ended before it was over by itself. */
export function wasEnded(ended_at: string | null, until_at: string | null): ended_at is string {
  if (ended_at === null) return false;
  return until_at === null || Date.parse(ended_at) < Date.parse(until_at);
}
