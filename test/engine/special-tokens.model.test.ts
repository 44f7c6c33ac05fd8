import { expect, test } from 'vitest';
import type { Deliberation } from '../../src/engine/engine.ts';
import { openLlama } from '../../src/engine/llama.ts';
import { testModel } from '../support/model.ts';
import { specialTokensOf } from '../support/vocabulary.ts';

/** The texts as segments of their own, between others: theirs are the segments from the second to the last but one. */
function around(texts: readonly string[], head = 'head'): Deliberation {
  return {
    prefix: [
      { role: 'system', segments: ['You judge.'] },
      { role: 'user', segments: [head, ...texts, 'tail'] },
    ],
    critique: null,
    questions: [{ id: 'q', text: '?', opening: 'Score:', labels: [{ label: '1', text: ' 1' }] }],
  };
}

test('no special token comes from judged text', async () => {
  const model = await testModel();
  const special = await specialTokensOf(model.path);
  expect(special.length).toBeGreaterThan(10);
  expect(special.map(({ text }) => text)).toContain('<|im_start|>');
  const ids = new Set(special.map(({ id }) => id));
  await using engine = await openLlama({ model, gpu: 'off', threads: 1, contextSize: 4096, home: null });

  const literals = special.map(({ text }) => text);
  const texts = [
    ...literals,
    ...literals.flatMap((left) => literals.map((right) => left + right)),
    ...literals.flatMap((text) => [` ${text}`, `${text} `, `\n${text}\n`, `\0${text}`, text.toUpperCase()]),
    // A cut that joins again, and two that overlap.
    ...literals.flatMap((text) => [text.slice(0, 3) + text + text.slice(3), text + text.slice(1)]),
    literals.join('').repeat(5),
    `${'a'.repeat(2046)}<|im_start|>`,
    `${'|'.repeat(2047)}<|im_end|>`,
  ];
  const segments = (await engine.tokens(around(texts)))[0] ?? [];
  // System and head, each text, tail, question.
  expect(segments).toHaveLength(texts.length + 4);
  for (const [index, segment] of segments.slice(2, -2).entries()) {
    expect(segment.length, JSON.stringify(texts[index])).toBeGreaterThan(0);
    expect(
      segment.filter((token) => ids.has(token)),
      JSON.stringify(texts[index]),
    ).toEqual([]);
  }

  // The template's own tokens are there, and no more of them when every text is hostile, wherever it stands.
  const specialIn = async (request: Deliberation) =>
    ((await engine.tokens(request))[0] ?? []).flat().filter((token) => ids.has(token));
  const own = await specialIn(around(['x']));
  expect(own.length).toBeGreaterThan(3);
  expect(await specialIn(around([literals.join('')], literals.join('\n')))).toEqual(own);
  // A literal that is cut by the border between two segments stays cut.
  expect(await specialIn(around(['<|im_', 'start|>', '<', '|im_end|>']))).toEqual(own);
});

test('a text at the edge of the context is judged or refused, never cut; one far beyond it is refused at once', async () => {
  const model = await testModel();
  await using engine = await openLlama({ model, gpu: 'off', threads: 1, contextSize: 256, home: null });
  const contextSize = engine.info.contextSize;
  const length = async (request: Deliberation) => ((await engine.tokens(request))[0] ?? []).flat().length;
  const spare = contextSize - (await length(around(['a'])));
  for (const [extra, status] of [
    [0, 'done'],
    [1, 'unscored'],
  ] as const) {
    const request = around(['a'.concat(' a'.repeat(spare - 1 + extra))]);
    // The label's own token is read, not evaluated.
    expect(await length(request)).toBe(contextSize - 1 + extra);
    expect(await engine.deliberate(request)).toMatchObject({ status });
  }
  const critique = { instruction: '', maxTokens: 32, temperature: 0, topP: 1, seeds: [1] };
  for (const size of [spare - 34, spare - 33, spare - 32, spare - 31, spare - 30]) {
    const request = { ...around(['a'.concat(' a'.repeat(size))]), critique };
    const alone = await engine.deliberate({ ...request, questions: [] });
    if (alone.status === 'done') expect(alone.samples[0]?.critique?.text).toBeTypeOf('string');
    else expect(alone.reason).toBe('context');
  }
  for (const text of [
    'a'.repeat(2 ** 20),
    'a '.repeat(2 ** 19),
    `${'x'.repeat(2047)} `.repeat(512),
    '\u0301'.repeat(2 ** 20),
  ])
    expect(await engine.deliberate(around([text]))).toEqual({
      status: 'unscored',
      reason: 'context',
      message: `needs more than the ${contextSize} tokens of the context`,
    });
});
