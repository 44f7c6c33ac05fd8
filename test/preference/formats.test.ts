import fc from 'fast-check';
import { expect, test } from 'vitest';
import { filterPreferences } from '../../src/preference/filters.ts';
import { type PreferenceFormat, preferenceRow, unpairedRows } from '../../src/preference/formats.ts';
import { preferencesFromLabels } from '../../src/preference/labels.ts';
import { solutionsFromLabels, stepwiseRow } from '../../src/preference/solutions.ts';
import { spoolPreferences } from '../../src/preference/spool.ts';
import type { Preference, Sample } from '../../src/schema.ts';

const turns = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Name a river.' },
] as const;

async function preference(rest: Partial<Sample> = {}): Promise<Preference> {
  const sample: Sample = {
    id: '1',
    prompt: 'Name a river.',
    responses: [
      { id: 'a', text: 'A river.' },
      { id: 'b', text: 'The Elbe.', model: 'm' },
    ],
    label: 'b',
    ...rest,
  };
  const [made] = await Array.fromAsync(preferencesFromLabels([sample], { file: 'data.jsonl' }));
  if (!made) throw new Error('expected a preference');
  return made;
}

const own = { role: 'assistant', content: 'The Elbe.' };
const other = { role: 'assistant', content: 'A river.' };

test('the shapes that trainers read', async () => {
  const made = await preference();
  const user = { role: 'user', content: 'Name a river.' };
  expect(preferenceRow(made, 'jsonl')).toEqual(made);
  expect(preferenceRow(made, 'trl')).toEqual({
    prompt: 'Name a river.',
    chosen: 'The Elbe.',
    rejected: 'A river.',
  });
  expect(preferenceRow(made, 'trl-conversational')).toEqual({
    prompt: [user],
    chosen: [own],
    rejected: [other],
  });
  expect(preferenceRow(made, 'trl-implicit')).toEqual({ chosen: [user, own], rejected: [user, other] });
  expect(preferenceRow(made, 'ultrafeedback')).toEqual({
    chosen: [user, own],
    rejected: [user, other],
    score_chosen: 1,
    score_rejected: 0,
  });
  const columns = { margin: true, probability: true, provenance: true };
  expect(Object.keys(preferenceRow(made, 'trl', columns))).toEqual([
    ...[
      'prompt',
      'chosen',
      'rejected',
      'margin',
      'probability',
      'id',
      'sample_id',
      'chosen_id',
      'rejected_id',
    ],
    ...[
      'chosen_model',
      'rejected_model',
      'order_consistent',
      'agreement',
      'method',
      'run',
      'rubric',
      'judges',
      'round',
    ],
  ]);
  expect(preferenceRow(made, 'trl', columns)).toMatchObject({
    margin: 1,
    probability: 1,
    chosen_model: 'm',
    run: 'data.jsonl',
  });
});

test('a conversation stays one, or is refused where the format has one text for it', async () => {
  const made = await preference({ prompt: [...turns] });
  expect(preferenceRow(made, 'trl-conversational')).toMatchObject({ prompt: turns, chosen: [own] });
  expect(preferenceRow(made, 'trl-implicit')).toMatchObject({ chosen: [...turns, own] });
  for (const [format, instead] of [
    ['trl', 'trl-conversational'],
    ['helpsteer', 'jsonl'],
  ] as const)
    expect(() => preferenceRow(made, format)).toThrow(
      `sample '1': expected a prompt of one turn for this format, got a conversation of 2 turns; --format ${instead}`,
    );
});

test('HelpSteer’s strength is below 0 where the first response is better, and the better one stands in both places', async () => {
  const places = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 10 }), fc.uuid(), async (votes, text) => {
      const annotations = Array.from({ length: 10 }, (_, index) => ({ label: index < votes ? 'a' : 'b' }));
      const made = await preference({
        annotations,
        responses: [
          { id: 'a', text },
          { id: 'b', text: 'y' },
        ],
      });
      const row = preferenceRow(made, 'helpsteer');
      const strength = Number(row.preference_strength);
      expect(Math.abs(strength)).toBe(Math.round(6 * (Math.max(votes, 10 - votes) / 10 - 0.5)));
      if (strength === 0) return;
      expect(strength < 0 ? row.response_1 : row.response_2).toBe(made.chosen.text);
      places.add(strength < 0);
    }),
  );
  expect(places.size).toBe(2);
});

test('an answer of several comparisons has one row, and one that wins as much as it loses none', async () => {
  const ratings = [3, 2, 1];
  const responses = ratings.map((rating) => ({ id: `r${rating}`, text: `t${rating}`, metadata: { rating } }));
  using spool = await spoolPreferences(
    preferencesFromLabels([{ id: '1', prompt: 'q', responses }]),
    () => null,
  );
  const { kept } = filterPreferences(spool.facts, {});
  let undecided = 0;
  const rows = [
    ...unpairedRows(kept, spool, {
      conversational: false,
      probability: true,
      onUndecided: () => {
        undecided++;
      },
    }),
  ];
  expect(rows).toEqual([
    { prompt: 'q', completion: 't3', label: true, probability: 1 },
    { prompt: 'q', completion: 't1', label: false, probability: 0 },
  ]);
  expect(undecided).toBe(1);
  const [first] = unpairedRows(kept, spool, { conversational: true });
  expect(first).toEqual({
    prompt: [{ role: 'user', content: 'q' }],
    completion: [{ role: 'assistant', content: 't3' }],
    label: true,
  });
});

test('steps are written up to the last known one, as booleans and as probabilities', () => {
  const solution = (id: string, label: Sample['label']): Sample => ({
    id,
    prompt: 'What is 2 + 2?',
    responses: [{ id: 'response', text: 'x', steps: ['2', '+ 2', 'is 5'] }],
    ...(label === undefined ? {} : { label }),
  });
  const counted: string[] = [];
  const samples = [solution('known', { steps: [1, 0.4, null] }), solution('unknown', undefined)];
  const made = [...solutionsFromLabels(samples, 'f', (reason, id) => void counted.push(`${reason} ${id}`))];
  expect(made.map((one) => stepwiseRow(one))).toEqual([
    { prompt: 'What is 2 + 2?', completions: ['2', '+ 2'], labels: [true, false], soft_labels: [1, 0.4] },
  ]);
  expect(counted).toEqual(['unlabelled unknown']);
});

test('every format of pairs has the same columns in every row', async () => {
  const rows = await Promise.all([
    preference(),
    preference({
      label: 'a',
      responses: [
        { id: 'a', text: 'x' },
        { id: 'b', text: 'y' },
      ],
    }),
  ]);
  const formats: Exclude<PreferenceFormat, 'unpaired' | 'unpaired-conversational' | 'stepwise' | 'jsonl'>[] =
    ['trl', 'trl-conversational', 'trl-implicit', 'ultrafeedback', 'helpsteer'];
  for (const format of formats) {
    const [one, two] = rows.map((row) => Object.keys(preferenceRow(row, format, { provenance: true })));
    expect(one).toEqual(two);
  }
});
