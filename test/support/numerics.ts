/** The golden files of numerics, and how an engine compares with them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Deliberation, Question, Turn } from '../../src/engine/engine.ts';
import type { LlamaEngine } from '../../src/engine/llama.ts';
import type { Message } from '../../src/schema.ts';

const inFixtures = (name: string) => fileURLToPath(new URL(`../../fixtures/golden/${name}`, import.meta.url));

/** Paths of the golden files. */
export const goldenFiles = {
  prompts: inFixtures('numerics-prompts.json'),
  reference: inFixtures('numerics.json'),
};

/** Real comparisons as deliberations and as token ids; made by scripts/golden/prompts.ts. */
export interface GoldenPrompts {
  readonly command: string;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly question: Question;
  readonly labelTokens: { readonly A: number; readonly B: number };
  readonly prompts: readonly {
    readonly id: string;
    readonly source: string;
    readonly licence: string;
    readonly prefix: readonly Turn[];
    /** What is evaluated before the label is read. */
    readonly segments: readonly (readonly number[])[];
    /** The messages alone, up to where the assistant begins. */
    readonly conversation: readonly number[];
  }[];
}

/** What float32 weights say; made by scripts/golden/numerics.py. */
export interface GoldenReference {
  readonly model: { readonly sha256: string };
  readonly prompts: readonly {
    readonly id: string;
    /** Natural log of each label's probability over the whole vocabulary, after `segments`. */
    readonly logProbabilities: { readonly A: number; readonly B: number };
    /** Hidden state after the final norm at the end of `conversation`: little-endian float32 in base64. */
    readonly hiddenState: string;
  }[];
}

/** One prompt with its reference. */
export interface GoldenItem {
  readonly id: string;
  readonly deliberation: Deliberation;
  readonly segments: readonly (readonly number[])[];
  readonly messages: readonly Message[];
  readonly conversation: readonly number[];
  readonly logProbabilities: { readonly A: number; readonly B: number };
  readonly hiddenState: Float32Array;
}

/** Read both golden files. Throws where they are not about the same prompts and model. */
export function readGolden(): { sha256: string; items: GoldenItem[] } {
  const { prompts, question, model } = JSON.parse(readFileSync(goldenFiles.prompts, 'utf8')) as GoldenPrompts;
  const reference = JSON.parse(readFileSync(goldenFiles.reference, 'utf8')) as GoldenReference;
  if (reference.model.sha256 !== model.sha256) throw new Error('the golden files are of two models');
  const items = prompts.map(({ id, prefix, segments, conversation }, index): GoldenItem => {
    const row = reference.prompts[index];
    if (row?.id !== id) throw new Error(`expected the reference of ${id}, got ${row?.id}`);
    return {
      id,
      deliberation: { prefix, critique: null, questions: [question] },
      segments,
      messages: messagesOf(prefix),
      conversation,
      logProbabilities: row.logProbabilities,
      hiddenState: new Float32Array(Uint8Array.from(Buffer.from(row.hiddenState, 'base64')).buffer),
    };
  });
  return { sha256: model.sha256, items };
}

function messagesOf(prefix: readonly Turn[]): Message[] {
  return prefix.map(({ role, segments }) => ({ role, content: segments.join('') }));
}

/** A deliberation whose one segment list is the conversation alone: an empty question with a label of one token. */
export function conversationOf({ prefix }: Deliberation): Deliberation {
  return {
    prefix: messagesOf(prefix).map(({ role, content }) => ({ role, segments: [content] })),
    critique: null,
    questions: [{ id: 'end', text: '', opening: '', labels: [{ label: 'A', text: 'A' }] }],
  };
}

/** Natural-log odds of A against B, and the log-probability of both together, for each item; all are asked at once. */
export async function readLabels(
  engine: LlamaEngine,
  items: readonly GoldenItem[],
): Promise<{ logOdds: number; labelMass: number }[]> {
  return Promise.all(
    items.map(async ({ deliberation }) => {
      const result = await engine.deliberate(deliberation);
      if (result.status !== 'done') throw new Error(result.message);
      const answer = result.samples[0]?.answers[0];
      const [a, b] = [answer?.logProbabilities.A, answer?.logProbabilities.B];
      if (answer === undefined || a === undefined || b === undefined)
        throw new Error('expected the labels A and B');
      return { logOdds: a - b, labelMass: answer.labelMass };
    }),
  );
}

/** The same figures of the reference. */
export function referenceLabels(items: readonly GoldenItem[]): { logOdds: number; labelMass: number }[] {
  return items.map(({ logProbabilities: { A, B } }) => ({
    logOdds: A - B,
    labelMass: Math.log(Math.exp(A) + Math.exp(B)),
  }));
}

/** Mean and greatest absolute difference. */
export function differences(
  left: readonly number[],
  right: readonly number[],
): { mean: number; max: number } {
  const values = left.map((value, index) => Math.abs(value - (right[index] ?? Number.NaN)));
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, max: Math.max(...values) };
}

/** Cosine of the angle between two vectors. */
export function cosine(left: Float32Array, right: Float32Array): number {
  let product = 0;
  let leftSquare = 0;
  let rightSquare = 0;
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? Number.NaN;
    product += value * other;
    leftSquare += value * value;
    rightSquare += other * other;
  }
  return product / Math.sqrt(leftSquare * rightSquare);
}
