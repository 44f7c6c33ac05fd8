/** What people see: progress on stderr, tables and text on stdout. Untrusted text is made harmless first. */
import { styleText } from 'node:util';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';

/** Where output goes; tests replace it. */
export interface Terminal {
  readonly quiet: boolean;
  /** Results, on stdout. */
  print(text: string): void;
  /** Progress and notes, on stderr. */
  note(text: string): void;
  /** One bar on a terminal, a plain line every few seconds otherwise. */
  progress(): Progress;
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
  return {
    quiet,
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void (quiet || process.stderr.write(`${text}\n`)),
    progress: () =>
      quiet ? { update() {}, stop() {} } : process.stderr.isTTY ? barProgress() : lineProgress(),
    style: (format, text) => styleText(format, text, { stream: process.stdout }),
  };
}

function barProgress(): Progress {
  let bar: SingleBar | undefined;
  return {
    update({ label, done, total, detail }) {
      if (bar === undefined) {
        bar = new SingleBar(
          {
            format: '{label} {bar} {value}/{goal} {detail}',
            stream: process.stderr,
            hideCursor: true,
            barsize: 24,
            gracefulExit: false,
          },
          Presets.shades_classic,
        );
        bar.start(Math.max(total ?? done, 1), done, { label, goal: total ?? '?', detail });
      }
      bar.setTotal(Math.max(total ?? done, 1));
      bar.update(done, { label, goal: total ?? '?', detail });
    },
    stop() {
      bar?.stop();
    },
  };
}

function lineProgress(): Progress {
  let last = performance.now();
  let pending: string | undefined;
  const write = () => {
    if (pending !== undefined) process.stderr.write(`${pending}\n`);
    pending = undefined;
    last = performance.now();
  };
  return {
    update({ label, done, total, detail }) {
      pending = `${label} ${done}/${total ?? '?'} ${detail}`.trimEnd();
      if (performance.now() - last >= plainEveryMs) write();
    },
    stop: write,
  };
}

/** Rows under headings, without lines between rows. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const grid = new Table({
    head: [...headings],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  });
  for (const row of rows) grid.push([...row]);
  return grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
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
