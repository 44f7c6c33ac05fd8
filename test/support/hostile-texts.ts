/** Short texts that mean harm to whoever shows them: to XML, HTML, Markdown, spreadsheets, terminals and runners. */
import { createRandom } from '../../src/aggregate/random.ts';

const known: readonly string[] = [
  '',
  ' ',
  '=1+1',
  '+1',
  "-1+cmd|' /C calc'!A0",
  '@SUM(1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '＝1+1',
  '＋1',
  '－1',
  '＠x',
  "'=1",
  '=HYPERLINK("http://evil.example","x")',
  'a,b;"c"\r\nd',
  '"',
  '""',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '</code></p><b>x</b>',
  '<!--',
  '-->',
  ']]>',
  '<![CDATA[x]]>',
  '&lt;b&gt; &amp; &#64;user &#x40;user &nosuch;',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y "z">]>&y;',
  '@octocat',
  'owner/repository#1 #1 GH-1 :+1:',
  'https://evil.example www.evil.example a@evil.example ftp://evil.example',
  '[x](https://evil.example) ![x](https://evil.example/y.png) <https://evil.example>',
  '[x]: https://evil.example\n[x]',
  '**bold** _italic_ ~~gone~~ `code` ``code`` ```\nfence\n```',
  '# heading\n\n- list\n\n1. list\n\n> quote\n\n---\n\n| a | b |\n|---|---|\n| c | d |',
  '\n\n<b>after a blank line</b>\n\n**bold**\n\n@octocat',
  '</details>\n\n# out\n\n<details>',
  '\\',
  '\\`',
  '`\\',
  '|',
  '\\|',
  '$x$ $$y$$',
  '\u001b[31mred\u001b[0m\u0007\u0008',
  '\u009b31m\u001b]8;;https://evil.example\u0007x',
  '\u0000\u0001\u000b\u000c\u007f\u0085',
  '\u202eevil\u202c \u2066x\u2069 \u200b\ufeff',
  '\u2028line\u2029paragraph',
  '\ud800 \udc00 x\ud83d',
  '\ufffe\uffff',
  '::error::x',
  '\n::set-env name=PATH::x',
  '  ::add-mask::x',
  '##[error]x ##[set-env name=PATH]x',
  '%0A::error::x%25',
  '../../etc/passwd',
  '漢字 🙂 é',
  'x'.repeat(5000),
  'word '.repeat(400),
  '\n'.repeat(40),
];

const pieces = [
  '<',
  '>',
  '&',
  '"',
  "'",
  '`',
  '\\',
  '|',
  '*',
  '_',
  '[',
  ']',
  '(',
  ')',
  '#',
  '@',
  ':',
  '=',
  '-',
  '\n',
  '\n\n',
  '\r',
  '\t',
  ' ',
  'a',
  '1',
  '!',
  '://',
  '::',
  '##[',
  '\u001b[',
  '\u0000',
  '\u202e',
  '\ud800',
  '\u2028',
] as const;

/** So many texts, the same each time: those that are known, and mixtures of them, of what has a meaning somewhere, and of any characters. */
export function hostileTexts(count: number): readonly string[] {
  const { below } = createRandom(20);
  const piece = () => pieces[below(pieces.length)] ?? '';
  const any = () => String.fromCharCode(below(0x1_0000));
  const kinds: readonly (() => string)[] = [
    () => Array.from({ length: below(20) }, any).join(''),
    () => Array.from({ length: below(12) }, piece).join(''),
    () => piece() + (known[below(known.length)] ?? '') + piece(),
  ];
  const mixed = Array.from(
    { length: Math.max(0, count - known.length) },
    (_, index) => kinds[index % 3]?.() ?? '',
  );
  return [...known, ...mixed].slice(0, count);
}

/** The same, one after another, and how many of them were taken. */
export function hostileStream(count: number): {
  readonly texts: Iterator<string>;
  readonly taken: () => number;
} {
  let taken = 0;
  function* each() {
    for (const text of hostileTexts(count)) {
      taken++;
      yield text;
    }
  }
  return { texts: each(), taken: () => taken };
}
