/**
 * Writes fixtures/golden/numerics-prompts.json: 50 real comparisons, as deliberations and as the token ids that the engine
 * evaluates for them.
 *
 *     node scripts/golden/prompts.ts DATA
 *
 * DATA is a folder with `llmbar_natural.pairwise.jsonl` (LLMBar, github.com/princeton-nlp/LLMBar, MIT) and
 * `gsm8k_solutions.pairwise.jsonl` (sampled solutions of GSM8K, github.com/openai/grade-school-math, MIT), 25 rows of each.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deliberation } from '../../src/engine/engine.ts';
import { openLlama } from '../../src/engine/llama.ts';
import { testModel } from '../../test/support/model.ts';
import { conversationOf, type GoldenPrompts, goldenFiles } from '../../test/support/numerics.ts';

const sources = [
  { file: 'llmbar_natural.pairwise.jsonl', source: 'princeton-nlp/LLMBar, Natural', licence: 'MIT' },
  {
    file: 'gsm8k_solutions.pairwise.jsonl',
    source: 'openai/grade-school-math, example_model_solutions',
    licence: 'MIT',
  },
];
const perSource = 25;
const requestLength = 320;
const answerLength = 240;
const labels = [
  { label: 'A', text: ' A' },
  { label: 'B', text: ' B' },
];
const question = {
  id: 'better',
  text: 'Which answer is better? Reply with A or B.',
  opening: 'Better answer:',
  labels,
};

interface Row {
  readonly id: string;
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
}

/** Rows from the whole length of a file, one of each prompt. */
function cut(path: string): Row[] {
  const rows = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line): Row => JSON.parse(line));
  const distinct = [...new Map(rows.map((row) => [row.prompt, row])).values()];
  return Array.from(
    { length: perSource },
    (_, index) => distinct[Math.floor((index * distinct.length) / perSource)],
  ).filter((row) => row !== undefined);
}

/** At most `length` characters, cut at a word's end. */
function trim(text: string, length: number): string {
  if (text.length <= length) return text;
  return text.slice(0, length + 1).replace(/\s+\S*$/, '');
}

function deliberationOf(row: Row): Deliberation {
  return {
    prefix: [
      { role: 'system', segments: ['You compare two answers to a request and say which is better.'] },
      {
        role: 'user',
        segments: [
          `Request:\n${trim(row.prompt, requestLength)}\n\n`,
          `Answer A:\n${trim(row.a, answerLength)}\n\n`,
          `Answer B:\n${trim(row.b, answerLength)}\n\n`,
        ],
      },
    ],
    critique: null,
    questions: [question],
  };
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('expected the folder of the data sets');
const model = await testModel();
await using engine = await openLlama({ model, gpu: 'off', threads: 1 });

// The labels' tokens are the ones after the opening words.
const [a = [], b = []] = await Promise.all(
  labels.map(({ text }) =>
    engine
      .logprob({ messages: [{ role: 'user', content: 'Hello' }], continuation: question.opening + text })
      .then(({ tokens }) => tokens),
  ),
);
if (a.length !== b.length || a.slice(0, -1).join() !== b.slice(0, -1).join())
  throw new Error('expected labels of one token');

const prompts: GoldenPrompts['prompts'][number][] = [];
for (const { file, source, licence } of sources)
  for (const row of cut(join(folder, file))) {
    const deliberation = deliberationOf(row);
    const [segments = []] = await engine.tokens(deliberation);
    const [conversation = []] = await engine.tokens(conversationOf(deliberation));
    prompts.push({
      id: row.id,
      source,
      licence,
      prefix: deliberation.prefix,
      segments,
      conversation: conversation.flat(),
    });
  }
const golden: GoldenPrompts = {
  command: 'node scripts/golden/prompts.ts DATA',
  model: { name: model.name, sha256: model.sha256 },
  question,
  labelTokens: { A: a.at(-1) ?? -1, B: b.at(-1) ?? -1 },
  prompts,
};
const { prompts: rows, ...header } = golden;
const lines = [
  JSON.stringify(header).slice(0, -1),
  `"prompts":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}`,
];
writeFileSync(goldenFiles.prompts, `${lines.join(',\n')}\n`);
const lengths = prompts.map(({ segments }) => segments.flat().length);
console.log(
  `${prompts.length} prompts, ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens, ${lengths.reduce((x, y) => x + y)} in all`,
);
