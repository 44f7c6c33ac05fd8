/** What became of hostile rows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSamples } from '../../src/dataset.ts';
import type { Judgment, Verdict } from '../../src/schema.ts';
import type { Ending } from './command.ts';
import { type HostileOptions, hostileLines } from './hostile.ts';

/** A hostile file, and how many of its lines are not blank. */
export function hostileFile(options: HostileOptions): { lines: number; bytes: Buffer } {
  const lines = hostileLines(options);
  const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
  return { lines: lines.filter((line) => line.toString('latin1').trim() !== '').length, bytes };
}

/** Rows by what became of them. */
export interface Account {
  scored: number;
  unscored: number;
  /** Refused with a message that names the line. */
  refused: number;
  /** Reason → verdicts without a score. */
  reasons: Record<string, number>;
  /** Rows and verdicts that nothing says anything about. */
  unaccounted: string[];
}

/** Account for each row of `data` by the verdicts in `out` and the messages of the command. */
export async function accountFor(out: string, data: string, ending: Ending): Promise<Account> {
  const records = <Row>(name: string): Row[] =>
    readFileSync(join(out, name), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const messages = new Map(
    records<Judgment>('judgments.jsonl').map(({ key, outcome }) => [
      key,
      outcome.status === 'unscored' ? outcome.message : '',
    ]),
  );
  const verdicts = new Map<string, Verdict[]>();
  for (const verdict of records<Verdict>('verdicts.jsonl'))
    verdicts.set(verdict.sampleId, [...(verdicts.get(verdict.sampleId) ?? []), verdict]);
  const account: Account = { scored: 0, unscored: 0, refused: 0, reasons: {}, unaccounted: [] };
  for await (const { id } of readSamples(data, { onBadRow: ({ place }) => refuse(place.line) })) {
    const own = verdicts.get(id) ?? [];
    const whole = own.length > 0 && own.every(({ score }) => score !== null);
    account[whole ? 'scored' : 'unscored']++;
    if (own.length === 0) account.unaccounted.push(`no verdict of ${JSON.stringify(id).slice(0, 80)}`);
    for (const { score, unscored, judgments } of own) {
      if (score !== null) continue;
      for (const reason of unscored) account.reasons[reason] = (account.reasons[reason] ?? 0) + 1;
      if (unscored.length === 0 || !judgments.some((key) => messages.get(key)))
        account.unaccounted.push(`no reason for ${JSON.stringify(id).slice(0, 80)}`);
    }
  }
  function refuse(line: number | undefined): void {
    account.refused++;
    if (!ending.stderr.includes(`${data}:${line}: `))
      account.unaccounted.push(`no message about line ${line}`);
  }
  return account;
}
