import { describe, expect, it } from 'vitest';
import { readPhrases, textOf } from './vtt';

const HEAD = 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n';
const cue = (id: string, from: string, to: string, said: string) => `${id}\n${from} --> ${to}\n${said}\n\n`;
const one = (said: string) => readPhrases(HEAD + cue('a-1', '00:00:01.000', '00:00:02.500', said))[0];

describe('a file of captions', () => {
  it('is read as this house writes it', () => {
    const text = HEAD + cue('seat9-12.2', '01:02:03.004', '01:02:05.000', '<v Ada Lovelace>the <c.doubt>price</c> of rice');
    expect(readPhrases(text)).toEqual([
      {
        key: 'seat9-12.2@3723.004',
        seat: 'seat9',
        speaker: 'Ada Lovelace',
        fromS: 3_723.004,
        toS: 3_725,
        runs: [
          { text: 'the ', isDoubtful: false },
          { text: 'price', isDoubtful: true },
          { text: ' of rice', isDoubtful: false },
        ],
      },
    ]);
  });

  it('is read with short times, no name, no identifier, and line ends of any kind', () => {
    const text = 'WEBVTT\r\n\r\n00:01.000 --> 00:02.000 align:start\r\nhello\r\nthere\r\n';
    expect(readPhrases(text).map((each) => [each.fromS, each.speaker, textOf(each)])).toEqual([
      [1, '', 'hello there'],
    ]);
  });

  it('gives each phrase once, though two segments hold it', () => {
    const text = HEAD + cue('a-1', '00:00:01.000', '00:00:02.000', 'once') + cue('a-1', '00:00:01.000', '00:00:02.000', 'once');
    expect(readPhrases(text).length).toBe(1);
  });

  it('is nothing without its first line', () => {
    expect(readPhrases(cue('a-1', '00:00:01.000', '00:00:02.000', 'x'))).toEqual([]);
    expect(readPhrases('<html><body>404</body></html>')).toEqual([]);
    expect(readPhrases('')).toEqual([]);
    expect(readPhrases('WEBVTTX\n\n')).toEqual([]);
  });
});

describe('broken captions', () => {
  it('leaves out what it cannot read and goes on', () => {
    const text =
      HEAD +
      'NOTE a comment --> with an arrow\nand more\n\n' +
      'STYLE\n::cue { color: red }\n\n' +
      cue('a-1', '00:00:09.000', '00:00:01.000', 'ends before it begins') +
      cue('a-2', '00:61:00.000', '00:62:00.000', 'no such minute') +
      cue('a-3', '00:00:01', '00:00:02', 'no milliseconds') +
      'a-4\n00:00:01.000 -->\nhalf\n\n' +
      cue('a-5', '00:00:01.000', '00:00:02.000', '') +
      cue('a-6', '00:00:01.000', '00:00:02.000', '<v Ada></c></c><c.doubt>') +
      cue('a-7', '00:00:03.000', '00:00:04.000', 'whole');
    expect(readPhrases(text).map(textOf)).toEqual(['whole']);
  });

  it('keeps markup as text and never as markup', () => {
    const name = one('<v &lt;img src=x onerror=alert(1)&gt;>hi')?.speaker;
    expect(name).toBe('<img src=x onerror=alert(1)>');
    expect(textOf(one('&lt;script&gt;alert(1)&lt;/script&gt;') ?? ({ runs: [] } as never))).toBe('<script>alert(1)</script>');
    expect(textOf(one('<script>alert(1)</script><b>bold</b> 1 < 2') ?? ({ runs: [] } as never))).toBe('alert(1)bold 1 < 2');
  });

  it('takes out what turns the direction of a line, and lone controls', () => {
    expect(one('<v A\u202eda>x\u0007y \u2066z')).toMatchObject({ speaker: 'Ada', runs: [{ text: 'xy z' }] });
  });

  it('cuts a name and a phrase that never end', () => {
    const phrase = one(`<v ${'n'.repeat(500)}>${'word '.repeat(5_000)}`);
    expect(phrase?.speaker.length).toBe(80);
    expect(textOf(phrase as never).length).toBeLessThan(2_000);
  });

  it('reads a huge hostile file in a moment and keeps a limited number', () => {
    const many = Array.from({ length: 30_000 }, (_, n) => {
      const at = `${String(Math.floor(n / 3_600)).padStart(2, '0')}:${String(Math.floor(n / 60) % 60).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`;
      return cue(`a-${n}`, `${at}.000`, `${at}.500`, 'word');
    });
    const began = performance.now();
    expect(readPhrases(HEAD + many.join('')).length).toBe(20_000);
    expect(readPhrases(HEAD + '<'.repeat(3_000_000))).toEqual([]);
    expect(readPhrases(HEAD + cue('a-1', '00:00:01.000', '00:00:02.000', '<'.repeat(1_000_000)))[0]?.runs.length).toBe(1);
    expect(readPhrases(HEAD + '-->\n'.repeat(500_000))).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
