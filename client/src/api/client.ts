/** One way to ask the house for something, and one kind of failure. */
import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema';

/** One mistake in a policy that was sent: where it is, and what to do. */
export type Mistake = components['schemas']['MistakeView'];

export class Failure extends Error {
  constructor(
    readonly kind: string,
    readonly code: string,
    sentence: string,
    readonly status: number,
    /** When another try is worth it; null where the house does not say. */
    readonly retryS: number | null = null,
    /** What is wrong with a policy that was sent. */
    readonly mistakes: readonly Mistake[] = [],
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

function failureFrom(answer: unknown, response: Response): Failure {
  const { status } = response;
  const error = (answer as { error?: components['schemas']['ErrorView'] } | null)?.error;
  if (!error) return new Failure('unavailable', 'unavailable', '', status);
  const retryS = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  const worthIt = Number.isFinite(retryS) ? retryS : null;
  return new Failure(error.kind, error.code, error.message, status, worthIt, error.mistakes ?? []);
}

/** Read the house's own error; a proxy's page or nothing at all is "unavailable". */
export async function failureOf(response: Response): Promise<Failure> {
  const answer: unknown = await response.json().catch(() => null);
  return failureFrom(answer, response);
}

const manners: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken);
    return request;
  },
  onResponse({ response }) {
    learnClock(response);
  },
  onError: () => new Failure('unavailable', 'offline', '', 0),
};

export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' });
api.use(manners);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Wait for an answer; anything but success becomes a Failure. */
export async function answerOf<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked;
  if (!response.ok) throw failureFrom(error, response);
  return data as T;
}
