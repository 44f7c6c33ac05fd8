/** A viewer's items that nobody judged: every kind, for the page alone. */
import type { ViewAgreement, ViewItem, ViewRun } from '../../../src/view/api.ts';

const story =
  'Explain why the sky is blue to a child of seven. Use no more than four sentences, and no word that a child of seven would have to ask about.';
const good =
  'Sunlight looks white, but it is made of all colours of the rainbow.\n\nThe air is full of tiny bits, far too small to see, and they push blue light around much more than red light. So blue light comes to your eyes from everywhere in the sky.\n\nThat is why the sky looks blue.';
const poor =
  'The sky is blue because it reflects the ocean, which covers most of the planet.\n\n1. Water is blue.\n2. The sky is above it.\n\nTherefore the phenomenon of Rayleigh scattering obtains.';
const critique =
  'Answer A explains scattering in words a child can follow and keeps to four sentences. Answer B claims that the sky mirrors the sea, which is wrong, and then names Rayleigh scattering without explaining it.';

/** Items of three rubrics, in turn: pairs, single answers, solutions in steps. Now and then one is unscored, flipped or abstained. */
export function madeUpItems(count: number): ViewItem[] {
  return Array.from({ length: count }, (_, index) => {
    if (index % 6 === 4) return single(index);
    if (index % 6 === 5) return solution(index);
    return pair(index);
  });
}

/** The run of these items. */
export function madeUpRun(items: readonly ViewItem[]): ViewRun {
  const rubrics = [
    { id: 'better-answer', mode: 'pairwise', criteria: ['better'] },
    { id: 'answer-correctness', mode: 'pointwise', criteria: ['correct', 'clear'] },
    { id: 'step-correctness', mode: 'stepwise', criteria: ['right'] },
  ] as const;
  return {
    title: 'nightly-answers',
    runs: [{ id: 'nightly-answers', models: ['smollm2-135m', 'qwen3-4b'], rubrics, verdicts: items.length }],
    items: items.length,
    slices: { subset: ['explain', 'sums', 'stories'], language: ['en', 'de'] },
    texts: true,
    annotators: ['anna', 'ben'],
    annotator: null,
    blind: false,
  };
}

/** How two annotators do with the judge and with each other. */
export const madeUpAgreement: ViewAgreement = {
  rubric: 'better-answer',
  labelled: 30,
  pairs: [
    {
      left: 'anna',
      right: 'judge',
      n: 30,
      agreement: figure(0.83, 0.66, 0.93),
      kappa: figure(0.66, 0.4, 0.9),
    },
    {
      left: 'ben',
      right: 'judge',
      n: 30,
      agreement: figure(0.6, 0.42, 0.75),
      kappa: figure(-0.05, -0.3, 0.2),
    },
    { left: 'anna', right: 'ben', n: 30, agreement: figure(0.7, 0.5, 0.83), kappa: figure(0.41, 0.1, 0.7) },
  ],
};

function figure(estimate: number, low: number, high: number) {
  return { estimate, low, high };
}

function frame(index: number, sampleId: string) {
  return {
    index,
    run: 'nightly-answers',
    sampleId,
    flipped: null,
    disagreement: null,
    unscored: [],
    abstained: false,
    winner: null,
    texts: true,
    labelledBy: index % 4 === 0 ? ['anna'] : [],
    own: null,
    label: null,
    labels: index % 4 === 0 ? [{ annotator: 'anna', label: 'a' }] : [],
    metadata: { subset: index % 2 ? 'sums' : 'explain', language: 'en', seed: index },
  } as const;
}

function pair(index: number): ViewItem {
  const sampleId = `explain-${String(index).padStart(4, '0')}`;
  const unscored = index % 11 === 10;
  const flipped = index % 5 === 3;
  const score = unscored ? null : flipped ? 0.57 : (1 + ((index * 37) % 99)) / 100;
  const winner = score === null ? null : Math.abs(score - 0.5) < 0.02 ? 'tie' : score > 0.5 ? 'a' : 'b';
  const value = score ?? 0.5;
  const abstained = index % 9 === 7;
  return {
    ...frame(index, sampleId),
    rubric: 'better-answer',
    mode: 'pairwise',
    prompt: story,
    score,
    winner,
    flipped: unscored ? null : flipped,
    disagreement: index % 7 === 2 ? 0.31 : null,
    unscored: unscored ? ['truncated'] : [],
    abstained,
    fullPrompt: story,
    reference: index % 3 === 0 ? 'Air scatters blue light more than red light.' : null,
    responses: [
      { id: 'a', text: good, steps: null, model: 'writer-large' },
      {
        id: 'b',
        text: index % 8 === 1 ? `${poor}\n\n${`${good}\n\n`.repeat(30)}` : poor,
        steps: null,
        model: 'writer-small',
      },
    ],
    choices: [
      { value: 'a', text: 'Answer a is better', key: 'a' },
      { value: 'b', text: 'Answer b is better', key: 'b' },
      { value: 'tie', text: 'Tie', key: 't' },
    ],
    label: index % 3 === 0 ? 'a' : null,
    verdict: {
      sampleId,
      rubricId: 'better-answer',
      mode: 'pairwise',
      responseIds: ['a', 'b'],
      score,
      winner,
      probability: score === null ? null : Math.max(value, 1 - value),
      standardError: null,
      perCriterion: { better: { score, decided: unscored ? 0 : 1, total: 1 } },
      perObjective: { quality: score },
      flipped: unscored ? null : flipped,
      positionLean: 0.4,
      disagreement: index % 7 === 2 ? 0.31 : null,
      unscored: unscored ? ['truncated'] : [],
      judgments: [],
      ...(abstained
        ? { abstained: { reasons: [{ kind: 'band', message: 'the score lies within 0.1 of one half' }] } }
        : {}),
      ...(index % 7 === 2
        ? {
            panel: {
              reducer: 'mean',
              quorum: 'all',
              decided: 2,
              total: 2,
              state: 'complete',
              reason: null,
              members: [
                { engine: 'qwen3-4b', score: 0.87 },
                { engine: 'smollm2-135m', score: 0.56 },
              ],
            },
          }
        : {}),
    },
    judgments: (['a', 'b'] as const).map((first) => {
      const shown = flipped ? (first === 'a' ? 0.83 : 0.69) : first === 'a' ? value : 1 - value;
      return {
        key: `${index}${first}`,
        criterionId: 'better',
        responseIds: first === 'a' ? ['a', 'b'] : ['b', 'a'],
        model: 'smollm2-135m',
        sampleIndex: 0,
        step: null,
        critique,
        label: unscored ? null : shown >= 0.5 ? 'A' : 'B',
        score: unscored ? null : shown,
        distribution: unscored ? null : { A: shown, B: 1 - shown },
        unscored: unscored ? 'its writing was cut before the verdict' : null,
      };
    }),
  };
}

function single(index: number): ViewItem {
  const sampleId = `sum-${index}`;
  const score = ((index * 29) % 100) / 100;
  return {
    ...frame(index, sampleId),
    rubric: 'answer-correctness',
    mode: 'pointwise',
    prompt: 'What is 17 × 23?',
    score,
    fullPrompt: [
      { role: 'system', content: 'Answer with a number and one sentence.' },
      { role: 'user', content: 'What is 17 × 23?' },
    ],
    reference: '391',
    responses: [
      {
        id: 'answer',
        text: '17 × 23 = 391, since 17 × 20 = 340 and 17 × 3 = 51.',
        steps: null,
        model: 'writer-small',
      },
    ],
    choices: [1, 2, 3, 4, 5].map((grade) => ({ value: String(grade), text: `${grade}`, key: String(grade) })),
    verdict: {
      sampleId,
      rubricId: 'answer-correctness',
      mode: 'pointwise',
      responseIds: ['answer'],
      score,
      winner: null,
      probability: 0.9,
      standardError: null,
      perCriterion: {
        correct: { score, decided: 1, total: 1 },
        clear: { score: 0.75, decided: 1, total: 1 },
      },
      perObjective: { correctness: score, form: 0.75 },
      flipped: null,
      positionLean: null,
      disagreement: null,
      unscored: [],
      judgments: [],
    },
    judgments: ['correct', 'clear'].map((criterionId) => ({
      key: `${index}${criterionId}`,
      criterionId,
      responseIds: ['answer'],
      model: 'smollm2-135m',
      sampleIndex: 0,
      step: null,
      critique: 'The product is right and the working is shown.',
      label: '4',
      score,
      distribution: { 1: 0.02, 2: 0.05, 3: 0.13, 4: 0.45, 5: 0.35 },
      unscored: null,
    })),
  };
}

function solution(index: number): ViewItem {
  const sampleId = `solution-${index}`;
  const steps = [
    'The book has 120 pages, and Ida read a third of it: 120 / 3 = 40 pages.',
    'That leaves 120 − 40 = 80 pages.',
    'On Sunday she read half of the rest: 80 / 2 = 45 pages.',
    'So 80 − 45 = 35 pages are left.',
  ];
  const probabilities = [0.97, 0.91, 0.12, 0.34];
  return {
    ...frame(index, sampleId),
    rubric: 'step-correctness',
    mode: 'stepwise',
    prompt: 'Ida reads a book of 120 pages …',
    score: 0.12,
    fullPrompt:
      'Ida reads a book of 120 pages: a third on Saturday, half of the rest on Sunday. How many are left?',
    reference: '40',
    responses: [{ id: 'answer', text: steps.join('\n'), steps, model: null }],
    choices: [
      { value: '1', text: 'All steps are right', key: '1' },
      { value: '0', text: 'A step is wrong', key: '2' },
    ],
    verdict: {
      sampleId,
      rubricId: 'step-correctness',
      mode: 'stepwise',
      responseIds: ['answer'],
      score: 0.12,
      winner: null,
      probability: null,
      standardError: null,
      perCriterion: { right: { score: 0.12, decided: 1, total: 1 } },
      perObjective: {},
      flipped: null,
      positionLean: null,
      disagreement: null,
      unscored: [],
      steps: probabilities.map((probability) => ({ probability })),
      firstError: 2,
      judgments: [],
    },
    judgments: probabilities.map((score, step) => ({
      key: `${index}${step}`,
      criterionId: 'right',
      responseIds: ['answer'],
      model: 'smollm2-135m',
      sampleIndex: 0,
      step,
      critique: null,
      label: score > 0.5 ? 'yes' : 'no',
      score,
      distribution: { yes: score, no: 1 - score },
      unscored: null,
    })),
  };
}
