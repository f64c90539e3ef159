/** One way to ask the house for something, and one kind of failure. */

export class Failure extends Error {
  constructor(
    readonly kind: string,
    readonly code: string,
    sentence: string,
    readonly status: number,
  ) {
    super(sentence);
  }
}

let csrfToken = '';
let clockOffsetMs = 0;

export function keepCsrfToken(token: string): void {
  csrfToken = token;
}

/** The house's time now; a device whose clock is wrong still shows the right distance to live. */
export function houseNow(): number {
  return Date.now() + clockOffsetMs;
}

/** HTTP dates have whole seconds, so only an offset that cannot be rounding is believed. */
function learnClock(response: Response): void {
  const said = Date.parse(response.headers.get('date') ?? '');
  const offset = said + 500 - Date.now();
  clockOffsetMs = Number.isFinite(said) && Math.abs(offset) > 2_000 ? offset : 0;
}

/** Read the house's own error; a proxy's page or nothing at all is "unavailable". */
export async function failureOf(response: Response): Promise<Failure> {
  try {
    const { error } = (await response.json()) as {
      error: { kind: string; code: string; message: string };
    };
    return new Failure(error.kind, error.code, error.message, response.status);
  } catch {
    return new Failure('unavailable', 'unavailable', '', response.status);
  }
}

/** Call the API with JSON; anything but success becomes a Failure. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['x-csrf-token'] = csrfToken;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body !== undefined) init.body = JSON.stringify(body);
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new Failure('unavailable', 'offline', '', 0);
  }
  learnClock(response);
  if (!response.ok) throw await failureOf(response);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}
