/** So many seconds one person waits between two hands of a slow room. */
export const SLOW_S = 60;
