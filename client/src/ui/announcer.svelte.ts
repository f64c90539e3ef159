/** Sentences for screen readers: `politely` waits its turn, `atOnce` interrupts. */

class Announcer {
  polite = $state('');
  assertive = $state('');

  politely(sentence: string): void {
    this.polite = sentence;
  }

  atOnce(sentence: string): void {
    this.assertive = sentence;
  }
}

export const announcer = new Announcer();
