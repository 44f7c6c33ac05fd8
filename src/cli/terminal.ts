/** What people see: progress on stderr, tables and text on stdout. Untrusted text is made harmless first. */
import { styleText } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';

/** Where output goes; tests replace it. */
export interface Terminal {
  readonly quiet: boolean;
  /** Columns to fill on stdout. */
  readonly width: number;
  /** Results, on stdout. */
  print(text: string): void;
  /** Progress and notes, on stderr. */
  note(text: string): void;
  /** What went wrong, on stderr, quiet or not. */
  warn(text: string): void;
  /** One bar on a terminal, a plain line every few seconds otherwise. A passing one leaves nothing behind. */
  progress(options?: { readonly passing?: boolean }): Progress;
  style(format: Parameters<typeof styleText>[0], text: string): string;
}

/** A running display. */
export interface Progress {
  update(state: ProgressState): void;
  stop(): void;
}

/** What a progress line shows. `total` is undefined while a stream has not ended. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number | undefined;
  readonly detail: string;
}

const plainEveryMs = 5000;

/** The process's own terminal. */
export function processTerminal(options: { quiet?: boolean } = {}): Terminal {
  const quiet = options.quiet ?? false;
  const write = (text: string) => void process.stderr.write(`${text}\n`);
  return {
    quiet,
    width: Math.min(110, Math.max(60, process.stdout.columns ?? 100)),
    print: (text) => void process.stdout.write(`${text}\n`),
    warn: write,
    note: (text) => {
      if (!quiet) write(styleText('dim', text, { stream: process.stderr }));
    },
    progress({ passing = false } = {}) {
      if (quiet) return { update() {}, stop() {} };
      return process.stderr.isTTY ? barProgress(passing) : lineProgress(write, passing);
    },
    style: (format, text) => styleText(format, text, { stream: process.stdout }),
  };
}

function barProgress(passing: boolean): Progress {
  let bar: SingleBar | undefined;
  return {
    update({ label, done, total, detail }) {
      const payload = { label, goal: total ?? '?', detail };
      if (bar === undefined) {
        bar = new SingleBar(
          {
            format: '{label} {bar} {value}/{goal} {detail}',
            stream: process.stderr,
            hideCursor: true,
            barsize: 20,
            gracefulExit: false,
            clearOnComplete: passing,
          },
          Presets.shades_classic,
        );
        bar.start(Math.max(total ?? done, 1), done, payload);
      }
      bar.setTotal(Math.max(total ?? done, 1));
      bar.update(done, payload);
    },
    stop() {
      bar?.stop();
    },
  };
}

function lineProgress(write: (text: string) => void, passing: boolean): Progress {
  let last = performance.now();
  let pending: string | undefined;
  const flush = () => {
    if (pending !== undefined) write(pending);
    pending = undefined;
    last = performance.now();
  };
  return {
    update({ label, done, total, detail }) {
      pending = `${label} ${done}/${total ?? '?'} ${detail}`.trimEnd();
      if (performance.now() - last >= plainEveryMs) flush();
    },
    stop() {
      if (!passing) flush();
    },
  };
}

/** Rows under headings, without rules; columns named in `right` are flushed right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const none = ['top', 'bottom', 'left', 'mid', 'right', 'middle'].flatMap((side) => [
    side,
    ...['mid', 'left', 'right'].map((corner) => `${side}-${corner}`),
  ]);
  const grid = new Table({
    head: [...headings],
    colAligns: headings.map((heading) => (right.includes(heading) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(none.map((name) => [name, ''])),
  });
  for (const row of rows) grid.push([...row]);
  const lines = grid.toString().split('\n');
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Control, escape and bidirectional characters as visible escapes; line breaks kept. Judged text must not drive a terminal. */
export function harmless(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
      character === '\n'
        ? character
        : character === '\t'
          ? '  '
          : `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}

/** One line of at most `width` characters. */
export function excerpt(text: string, width: number): string {
  const line = harmless(text).replace(/\s+/g, ' ').trim();
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** Text as lines of at most `width` characters, broken between words; what is more than `most` lines ends in `…`. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let rest = harmless(text).replace(/\s+/g, ' ').trim();
  while (rest.length > width && lines.length + 1 < most) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > width / 2 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, excerpt(rest, width)];
}

/** A share as a bar of `width` blocks. */
export function bar(share: number, width: number): string {
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** `1 row`, `2 rows`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Whole numbers with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A share as a percentage with one decimal, or a dash. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(value * 100).toFixed(1)} %`;
}

/** Seconds as `42 s`, `3 min 20 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Bytes in decimal units. */
export function bytes(value: number): string {
  if (value < 1e6) return `${(value / 1e3).toFixed(0)} kB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)} MB`;
  return `${(value / 1e9).toFixed(2)} GB`;
}
