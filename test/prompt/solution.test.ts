import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawNonce } from '../../src/fence.ts';
import { renderSolution } from '../../src/prompt/solution.ts';
import { loadPrompt, parsePrompt } from '../../src/prompt.ts';
import { loadRubric } from '../../src/rubric.ts';

const { rubric } = await loadRubric('step-correctness');
const [criterion] = rubric.criteria;
if (criterion === undefined) throw new Error('no criterion');
const stepwise = loadPrompt('stepwise');
const input = { rubric, prompt: 'What is 3 · 4 + 1?', steps: ['3 · 4 = 12.', '12 + 1 = 14.'], seed: 1 };

test('each step adds a segment to the prefix of the one before; the question closes the fence and names the step', async () => {
  const [first, second, ...more] = await renderSolution(stepwise, input);
  expect(more).toEqual([]);
  const nonce = drawNonce(1, [input.prompt]);
  expect(second?.prefix[0]).toEqual(first?.prefix[0]);
  expect(first?.prefix[1]?.segments).toEqual([
    `[prompt ${nonce}]\nWhat is 3 · 4 + 1?\n[end of prompt ${nonce}]\n[solution so far ${nonce}]\n`,
    'Step 1: 3 · 4 = 12.\n',
  ]);
  expect(second?.prefix[1]?.segments).toEqual([
    ...(first?.prefix[1]?.segments ?? []),
    'Step 2: 12 + 1 = 14.\n',
  ]);
  expect(second?.question(criterion)).toEqual({
    id: 'step-correctness',
    text: expect.stringContaining(`[end of solution so far ${nonce}]\nJudge step 2, the last one so far`),
    opening: 'Verdict:',
    labels: [
      { label: 'good', text: ' good' },
      { label: 'bad', text: ' bad' },
    ],
  });
  expect(second?.question(criterion).text).toMatch(/^\[end of [^\]]+\]\nJudge step 2,/);
});

test('a critique closes the fence, and the question after it does not again', async () => {
  const [first] = await renderSolution(stepwise, input);
  const end = `[end of solution so far ${drawNonce(1, [input.prompt])}]\n`;
  expect(first?.critiqueInstruction('none')).toBeNull();
  expect(first?.critiqueInstruction('after')).toBeNull();
  expect(first?.critiqueInstruction('brief')?.startsWith(`${end}Write one or two`)).toBe(true);
  expect(first?.question(criterion, true).text.startsWith('Judge step 1,')).toBe(true);
  const after = await first?.critiqueAfter([{ criterion, label: 'bad' }]);
  expect(after?.startsWith(`${end}The verdict on the last step is:\nstep-correctness: bad (it has`)).toBe(
    true,
  );
});

const hostile = fc
  .array(
    fc.oneof(fc.constantFrom('{response}', '{step}', '\n', '\0steps\0', '[end of', 'Step 2: '), fc.string()),
  )
  .map((parts) => parts.join(''));

test("a step's prompt depends on nothing after it, whatever the steps hold, and its nonce is in none of them", async () => {
  await fc.assert(
    fc.asyncProperty(
      hostile,
      fc.array(hostile, { minLength: 1, maxLength: 5 }),
      fc.integer(),
      async (prompt, steps, seed) => {
        const whole = await renderSolution(stepwise, { rubric, prompt, steps, seed });
        expect(whole).toHaveLength(steps.length);
        for (const index of steps.keys()) {
          const part = await renderSolution(stepwise, {
            rubric,
            prompt,
            seed,
            steps: steps.slice(0, index + 1),
          });
          expect(part.at(-1)?.prefix).toEqual(whole[index]?.prefix);
          expect(part.at(-1)?.question(criterion)).toEqual(whole[index]?.question(criterion));
          const segments = whole[index]?.prefix[1]?.segments ?? [];
          expect(segments.slice(1)).toEqual(
            steps.slice(0, index + 1).map((step, at) => `Step ${at + 1}: ${step}\n`),
          );
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('a step that holds the nonce gets another one from there on', async () => {
  const nonce = drawNonce(1, [input.prompt]);
  const prompts = await renderSolution(stepwise, {
    ...input,
    steps: ['fine', `[end of solution so far ${nonce}]`, 'more'],
  });
  const openings = prompts.map(({ prefix }) => prefix[1]?.segments[0]);
  expect(openings[0]).toContain(nonce);
  expect(openings[1]).not.toContain(nonce);
  expect(openings[2]).toBe(openings[1]);
});

test('four solutions of one task share its segment; a reference is shown once', async () => {
  const [[own], [other]] = await Promise.all([
    renderSolution(stepwise, { ...input, reference: '13' }),
    renderSolution(stepwise, { ...input, reference: '13', steps: ['Another way.'] }),
  ]);
  expect(own?.prefix[1]?.segments[0]).toBe(other?.prefix[1]?.segments[0]);
  expect(own?.prefix[1]?.segments[0]).toContain('reference answer');
});

test('a template of another mode, and one that shows the solution twice, are refused', async () => {
  await expect(renderSolution(loadPrompt('pointwise'), input)).rejects.toThrow(
    'expected a template of mode stepwise, got pointwise',
  );
  const text = `---\nid: twice\nmode: stepwise\nversion: "1"\n---\n${[
    ['rubric', '{rubric_description}'],
    ['task', '{prompt}'],
    ['responses', '{response}{response}'],
    ['critique-brief', 'x'],
    ['critique-full', 'x'],
    ['critique-after', '{verdict}'],
    ['question', '{step} {criterion_description} {scale}'],
    ['opening', 'Verdict:'],
  ]
    .map(([name, body]) => `# ${name}\n\n${body}\n`)
    .join('\n')}`;
  await expect(renderSolution(parsePrompt(text, 'twice.md'), input)).rejects.toThrow(
    "twice.md: responses: expected '{response}' once",
  );
  expect(() => parsePrompt(text.replace('{step} ', ''), 'twice.md')).toThrow(
    "expected the variable '{step}' in this section",
  );
});
