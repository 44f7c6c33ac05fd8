/** Preferences that wait until it is known which are kept: texts out of memory, figures at hand. */
import { DatabaseSync } from 'node:sqlite';
import { canonicalJson, contentHash } from '../canonical.ts';
import type { Preference } from '../schema.ts';

/** What the data say of a preference's answers. */
export interface KnownOfPair {
  /** That the chosen one is better: 1, 0, ½ for a tie, a share of votes; null where nothing is said. */
  readonly truth: number | null;
  /** Whether the chosen one comes first in the data. */
  readonly first: boolean;
}

/** What filters and figures need of one preference. */
export interface PreferenceFacts
  extends Pick<
    Preference,
    'id' | 'cluster' | 'probability' | 'margin' | 'marginUnit' | 'tie' | 'orderConsistent' | 'agreement'
  > {
  /** Place in the spool, from 0. */
  readonly index: number;
  /** Of the answers, in UTF-16 code units. */
  readonly chosenLength: number;
  readonly rejectedLength: number;
  /** The longer one of prompt with answer, in bytes of UTF-8. */
  readonly longestBytes: number;
  /** Same for equal prompts and answers, whichever is chosen. */
  readonly pair: string;
  /** Digests of the answers. */
  readonly chosenText: string;
  readonly rejectedText: string;
  readonly known: KnownOfPair | null;
  /** The source but for its keys and its edit, as canonical JSON: preferences of one making share it. */
  readonly making: string;
}

/** Preferences by their place. */
export interface PreferenceSpool extends Disposable {
  readonly facts: readonly PreferenceFacts[];
  /** The preference at a place. */
  get(index: number): Preference;
}

/** Take preferences in; their texts go to a file that is gone when the spool is disposed of. */
export async function spoolPreferences(
  preferences: AsyncIterable<Preference> | Iterable<Preference>,
  knownOf: (preference: Preference) => KnownOfPair | null,
): Promise<PreferenceSpool> {
  const database = new DatabaseSync('');
  database.exec('CREATE TABLE preferences (place INTEGER PRIMARY KEY, record TEXT NOT NULL) STRICT; BEGIN');
  const add = database.prepare('INSERT INTO preferences (place, record) VALUES (?, ?)');
  const find = database.prepare('SELECT record FROM preferences WHERE place = ?');
  const facts: PreferenceFacts[] = [];
  const makings = new Map<string, string>();
  const interned = ({ source: { keys: _keys, edit: _edit, ...rest } }: Preference) => {
    const text = canonicalJson(rest);
    if (!makings.has(text)) makings.set(text, text);
    return makings.get(text) ?? text;
  };
  try {
    for await (const preference of preferences) {
      const { prompt, chosen, rejected } = preference;
      const index = facts.length;
      add.run(index, JSON.stringify(preference));
      const [one, other] = [contentHash(chosen.text).slice(0, 24), contentHash(rejected.text).slice(0, 24)];
      const asked = typeof prompt === 'string' ? prompt : prompt.map(({ content }) => content).join('');
      const longer = Math.max(Buffer.byteLength(chosen.text), Buffer.byteLength(rejected.text));
      facts.push({
        index,
        id: preference.id,
        cluster: preference.cluster,
        probability: preference.probability,
        margin: preference.margin,
        marginUnit: preference.marginUnit,
        tie: preference.tie,
        orderConsistent: preference.orderConsistent,
        agreement: preference.agreement,
        chosenLength: chosen.text.length,
        rejectedLength: rejected.text.length,
        longestBytes: Buffer.byteLength(asked) + longer,
        pair: contentHash([preference.cluster, ...[one, other].sort()]).slice(0, 24),
        chosenText: one,
        rejectedText: other,
        known: knownOf(preference),
        making: interned(preference),
      });
    }
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    facts,
    get: (index) => JSON.parse(String(find.get(index)?.record)),
    [Symbol.dispose]: () => database.close(),
  };
}
