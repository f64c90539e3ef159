/** Something that was asked of the house: busy while it lasts, a sentence when it fails. */
import { sentenceOf } from './failure';

export class Doing {
  busy = $state(false);
  trouble = $state('');

  /** Do it once; a second press while it lasts does nothing. Returns whether it was done. */
  async run(action: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.trouble = '';
    try {
      await action();
      return true;
    } catch (failure) {
      this.trouble = sentenceOf(failure);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
