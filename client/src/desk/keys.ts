/** What single keys do to the room in focus: what its buttons do, so nothing in a room for invited people. */
import type { Keys } from '../ui/keys';
import type { Acts } from './acts.svelte';

/** What can be done: none where no room is in focus, or the team does not act in it. */
export const actable = (acts: Acts | null): Acts | null => (acts?.room.record.is_private ? null : acts);

export const actKeys = (acts: Acts | null): Keys => ({
  h: () => actable(acts)?.hold(),
  r: () => actable(acts)?.release(),
  x: () => actable(acts)?.ask('cut'),
  s: () => actable(acts)?.ask('slow'),
  l: () => actable(acts)?.ask('listen'),
});
