/** Which form of a language a reader's dates and clock have. */

const regionOf = (tag: string) => new Intl.Locale(tag).maximize().region;
const languageOf = (tag: string) => tag.split('-')[0];

/**
 * The form of the device's own region: en-GB says 15:04. Browsers list US English behind any language, so
 * English elsewhere has the day before the month, and the clock of the device.
 */
export function regional(chosen: string, device: readonly string[]): string {
  const [first] = device;
  if (!first) return chosen;
  const own = device.find((one) => languageOf(one) === chosen && regionOf(one) === regionOf(first));
  if (own || chosen !== 'en') return own ?? chosen;
  const { hourCycle } = new Intl.DateTimeFormat(first, { timeStyle: 'short' }).resolvedOptions();
  return `en-GB-u-hc-${hourCycle ?? 'h23'}`;
}
