/** Addresses of the client's pages, and moving between them without loading anew. */

export type Page =
  | { name: 'hallway' | 'new-room' | 'settings' | 'policy' | 'safety' | 'desk' | 'cases' | 'quality' | 'team' | 'nowhere' }
  | { name: 'room' | 'green-room'; id: string }
  | { name: 'join' | 'operator' | 'receipt' | 'case'; token: string };

const PART = '([A-Za-z0-9_-]{1,128})';
const ROUTES: [RegExp, (part: string) => Page][] = [
  [/^\/$/, () => ({ name: 'hallway' })],
  [/^\/rooms\/new$/, () => ({ name: 'new-room' })],
  [new RegExp(`^/rooms/${PART}$`), (id) => ({ name: 'room', id })],
  [new RegExp(`^/rooms/${PART}/green-room$`), (id) => ({ name: 'green-room', id })],
  [new RegExp(`^/join/${PART}$`), (token) => ({ name: 'join', token })],
  [new RegExp(`^/operator/${PART}$`), (token) => ({ name: 'operator', token })],
  [/^\/settings$/, () => ({ name: 'settings' })],
  [/^\/policy$/, () => ({ name: 'policy' })],
  [/^\/safety$/, () => ({ name: 'safety' })],
  [new RegExp(`^/receipt/${PART}$`), (token) => ({ name: 'receipt', token })],
  [/^\/desk$/, () => ({ name: 'desk' })],
  [/^\/cases$/, () => ({ name: 'cases' })],
  [/^\/cases\/quality$/, () => ({ name: 'quality' })],
  [/^\/cases\/team$/, () => ({ name: 'team' })],
  [new RegExp(`^/cases/${PART}$`), (token) => ({ name: 'case', token })],
];

export function pageOf(path: string): Page {
  for (const [pattern, make] of ROUTES) {
    const match = pattern.exec(path);
    if (match) return make(match[1] ?? '');
  }
  return { name: 'nowhere' };
}

class Router {
  path = $state(location.pathname);
  /** False until the person moved within the client: sound starts by itself only after a gesture. */
  hasMoved = $state(false);

  get page(): Page {
    return pageOf(this.path);
  }

  go(path: string, { replace = false } = {}): void {
    const target = new URL(path, location.href);
    if (replace) history.replaceState(null, '', target);
    else history.pushState(null, '', target);
    this.path = target.pathname;
    this.hasMoved = true;
    scrollTo(0, 0);
  }

  /** Follow links of this house; everything else is the browser's. */
  listen(): () => void {
    const onPop = () => (this.path = location.pathname);
    const onClick = (event: MouseEvent) => {
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
      const link = (event.target as Element).closest?.('a');
      if (!link || !plain || link.target || link.origin !== location.origin) return;
      if (pageOf(link.pathname).name === 'nowhere' || link.hash) return;
      event.preventDefault();
      this.go(link.pathname + link.search);
    };
    addEventListener('popstate', onPop);
    addEventListener('click', onClick);
    return () => {
      removeEventListener('popstate', onPop);
      removeEventListener('click', onClick);
    };
  }
}

export const router = new Router();
