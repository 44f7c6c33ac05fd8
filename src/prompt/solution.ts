/** Rendering a solution: its steps grow inside one fence, and what is asked about a step closes it. */

import { JurorError } from '../errors.ts';
import { drawNonce, fenceEnd, fenceOpening } from '../fence.ts';
import {
  describeVerdict,
  type PromptInput,
  partsOf,
  type RenderedPrompt,
  renderQuestion,
  renderSection,
  renderSources,
  sourcesOf,
} from '../prompt.ts';
import type { Prompt } from '../prompt-template.ts';
import type { Criterion } from '../schema.ts';

/** What a solution's prompts are rendered from. */
interface SolutionInput extends Omit<PromptInput, 'responses'> {
  /** In order; at least one. */
  readonly steps: readonly string[];
}

const FENCE = 'solution so far';
/** Stands for the steps while their section is rendered; no template can hold it. */
const STEPS = '\0steps\0';

/**
 * One prompt for each step. Its prefix is that of the step before and one segment more, so that a solution is read once; the
 * marked line that ends the fence belongs to the question or the critique's instruction. A step's prompt depends on the steps
 * up to it and on nothing later: the nonce is drawn from the seed, the task and the reference, and drawn again from the first
 * step on that contains it. Throws like {@link renderPrompt}.
 */
export async function renderSolution(prompt: Prompt, input: SolutionInput): Promise<RenderedPrompt[]> {
  const { rubric, seed, steps } = input;
  const sources = sourcesOf(prompt, input);
  const parts = await partsOf(prompt, rubric);
  const section = await renderSection(prompt, 'responses', { response: STEPS });
  const [before = '', after, ...more] = section.split(STEPS);
  if (after === undefined || more.length > 0)
    throw new JurorError('prompt', "expected '{response}' once", {
      place: { file: prompt.file, field: 'responses' },
    });
  const openings = new Map<string, Promise<string>>();
  const openingOf = (nonce: string): Promise<string> => {
    const opening =
      openings.get(nonce) ??
      renderSources(prompt, sources, nonce).then(
        (shared) => `${shared}\n${before}${fenceOpening(FENCE, nonce)}\n`,
      );
    openings.set(nonce, opening);
    return opening;
  };
  const segments = steps.map((step, index) => `Step ${index + 1}: ${step}\n`);
  return Promise.all(
    steps.map(async (_, index): Promise<RenderedPrompt> => {
      const nonce = drawNonce(seed, Object.values(sources), steps.slice(0, index + 1));
      const end = `${fenceEnd(FENCE, nonce)}${after}\n`;
      const questions = new Map(
        await Promise.all(
          rubric.criteria.map(
            async (criterion) => [criterion.id, await renderQuestion(prompt, criterion, index + 1)] as const,
          ),
        ),
      );
      return {
        prefix: [
          { role: 'system', segments: parts.system },
          { role: 'user', segments: [await openingOf(nonce), ...segments.slice(0, index + 1)] },
        ],
        critiqueInstruction: (mode) =>
          mode === 'none' || mode === 'after' ? null : end + parts.critiques[mode],
        question(criterion: Criterion, afterCritique = false) {
          const question = questions.get(criterion.id);
          if (question === undefined)
            throw new JurorError(
              'prompt',
              `expected a criterion of '${rubric.id}' (${[...questions.keys()].join(', ')}), got '${criterion.id}'`,
            );
          return afterCritique ? question : { ...question, text: end + question.text };
        },
        critiqueAfter: async (verdicts) =>
          end +
          (await renderSection(prompt, 'critique-after', {
            criteria: parts.criteria,
            verdict: verdicts.map(describeVerdict).join('\n'),
          })),
      };
    }),
  );
}
