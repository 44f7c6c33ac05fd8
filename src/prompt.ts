/** Rendering: a rubric and a sample become the turns, instructions and questions of a deliberation. */
import type { ChatPromptTemplate } from '@langchain/core/prompts';
import type { Question, Turn } from './engine/engine.ts';
import { JurorError, nearestName } from './errors.ts';
import { drawNonce, fence, promptText } from './fence.ts';
import type { Prompt, SectionName } from './prompt-template.ts';
import { servesMode } from './prompt-template.ts';
import { describeLabels, describeScale, oneLine, scaleLabels } from './scale.ts';
import type { Criterion, CritiqueMode, Rubric, Sample, Scale } from './schema.ts';

export { loadPrompt, type Prompt, parsePrompt } from './prompt-template.ts';

/** What a prompt is rendered from. */
export interface PromptInput {
  readonly rubric: Rubric;
  readonly prompt: Sample['prompt'];
  /** Texts in the order shown: one, or for a comparison two, of which the first is shown as A. */
  readonly responses: readonly string[];
  /** Shown unless the rubric's `reference` is `never`. */
  readonly reference?: string | undefined;
  /** Of the fences' nonce. */
  readonly seed: number;
}

/** One criterion's label, as a critique written after the verdict is told it. */
export interface GivenVerdict {
  readonly criterion: Criterion;
  readonly label: string;
}

/** Everything a deliberation is built from. */
export interface RenderedPrompt {
  /** A system turn, the same for every sample of a rubric; a user turn cut into task and responses. */
  readonly prefix: readonly Turn[];
  /** What the judge is told to write before the verdict; null for `none` and `after`. */
  critiqueInstruction(mode: CritiqueMode): string | null;
  /** The question that asks one criterion of the rubric: of the prefix itself, or of a critique that followed it. */
  question(criterion: Criterion, afterCritique?: boolean): Question;
  /** What the judge is told to write once the verdict is known. */
  critiqueAfter(verdicts: readonly GivenVerdict[]): Promise<string>;
}

/** What the variables of a section stand for. */
type Values = Readonly<Record<string, string>>;

/** What is the same for every sample of a rubric. */
interface RubricParts {
  readonly system: readonly string[];
  readonly critiques: Readonly<Record<'brief' | 'full', string>>;
  readonly questions: ReadonlyMap<string, Question>;
  readonly criteria: string;
}

const templates = new Map<string, Promise<ChatPromptTemplate>>();
const rubricParts = new Map<string, WeakMap<Rubric, Promise<RubricParts>>>();

/**
 * Render one sample under one rubric. Values are never rendered again: braces in them stay as they are.
 * Throws JurorError `prompt` for a variable without a value or a template of another mode, and `data` when the rubric
 * requires a reference and there is none.
 */
export async function renderPrompt(prompt: Prompt, input: PromptInput): Promise<RenderedPrompt> {
  const { rubric, seed } = input;
  const sources = sourcesOf(prompt, input);
  const nonce = drawNonce(seed, [...Object.values(sources), ...input.responses]);
  const parts = await partsOf(prompt, rubric);
  const [shared, responsesText] = await Promise.all([
    renderSources(prompt, sources, nonce),
    renderSection(prompt, 'responses', responseValues(prompt, input.responses, nonce)),
  ]);
  return {
    prefix: [
      { role: 'system', segments: parts.system },
      { role: 'user', segments: [`${shared}\n`, `${responsesText}\n`] },
    ],
    critiqueInstruction: (mode) => (mode === 'none' || mode === 'after' ? null : parts.critiques[mode]),
    question: (criterion) => {
      const question = parts.questions.get(criterion.id);
      if (question) return question;
      const ids = rubric.criteria.map(({ id }) => id).join(', ');
      throw new JurorError(
        'prompt',
        `expected a criterion of '${rubric.id}' (${ids}), got '${criterion.id}'`,
      );
    },
    critiqueAfter: (verdicts) =>
      renderSection(prompt, 'critique-after', {
        criteria: parts.criteria,
        verdict: verdicts.map(describeVerdict).join('\n'),
      }),
  };
}

/** What a sample brings besides its answers. */
interface Sources {
  readonly prompt: string;
  readonly reference?: string;
}

/** The texts that all answers of a sample share. Throws like {@link renderPrompt}. */
export function sourcesOf(
  prompt: Prompt,
  { rubric, prompt: task, reference }: Pick<PromptInput, 'rubric' | 'prompt' | 'reference'>,
): Sources {
  if (!servesMode(prompt, rubric.mode)) {
    throw new JurorError('prompt', `expected a template of mode ${rubric.mode}, got ${prompt.mode}`, {
      place: { file: prompt.file, field: 'mode' },
    });
  }
  if (rubric.reference === 'required' && reference === undefined) {
    throw new JurorError('data', `expected a reference, which the rubric '${rubric.id}' requires, got none`, {
      place: { field: 'reference' },
    });
  }
  const shown = rubric.reference === 'never' ? undefined : reference;
  return { prompt: promptText(task), ...(shown === undefined ? {} : { reference: shown }) };
}

/** The sections before the answers: the task and, where there is one, the reference. */
export async function renderSources(prompt: Prompt, sources: Sources, nonce: string): Promise<string> {
  const values = { prompt: fence('prompt', sources.prompt, nonce) };
  const task = await renderSection(prompt, 'task', values);
  if (sources.reference === undefined) return task;
  const reference = fence('reference answer', sources.reference, nonce);
  return `${task}\n${await renderSection(prompt, 'reference', { ...values, reference })}`;
}

/** The fenced responses by variable. One too few stays unfilled; one too many is an error. */
function responseValues({ mode, file }: Prompt, responses: readonly string[], nonce: string): Values {
  const shown: readonly (readonly [variable: string, name: string])[] =
    mode === 'pairwise' || mode === 'listwise'
      ? [
          ['response_a', 'answer A'],
          ['response_b', 'answer B'],
        ]
      : [['response', mode === 'stepwise' ? 'solution so far' : 'answer']];
  if (responses.length > shown.length) {
    throw new JurorError('prompt', `expected ${shown.length} responses, got ${responses.length}`, {
      place: { file },
    });
  }
  return Object.fromEntries(
    responses.map((text, index) => [shown[index]?.[0] ?? '', fence(shown[index]?.[1] ?? '', text, nonce)]),
  );
}

/** The parts of a rubric, rendered once. */
export function partsOf(prompt: Prompt, rubric: Rubric): Promise<RubricParts> {
  const byRubric = rubricParts.get(prompt.digest) ?? new WeakMap<Rubric, Promise<RubricParts>>();
  rubricParts.set(prompt.digest, byRubric);
  const known = byRubric.get(rubric);
  if (known) return known;
  const parts = renderRubric(prompt, rubric);
  byRubric.set(rubric, parts);
  return parts;
}

async function renderRubric(prompt: Prompt, rubric: Rubric): Promise<RubricParts> {
  const criteria = rubric.criteria.map(({ description }) => oneLine(description)).join('\n');
  const questions = await Promise.all(rubric.criteria.map((criterion) => renderQuestion(prompt, criterion)));
  const system = await renderSection(prompt, 'rubric', { rubric_description: oneLine(rubric.description) });
  const examples = await renderExamples(prompt, rubric, questions[0]?.opening ?? '');
  return {
    system: examples === '' ? [system] : [`${system}\n`, examples],
    critiques: {
      brief: await renderSection(prompt, 'critique-brief', { criteria }),
      full: await renderSection(prompt, 'critique-full', { criteria }),
    },
    questions: new Map(questions.map((question) => [question.id, question])),
    criteria,
  };
}

/** The question that asks a criterion; about one step, from 1, where the template is stepwise. */
export async function renderQuestion(
  prompt: Prompt,
  { id, description, question, scale }: Criterion,
  step = 1,
): Promise<Question> {
  const values = {
    step: String(step),
    criterion_description: oneLine(question ?? description),
    scale: describeScale(scale),
    labels: describeLabels(scale),
  };
  return {
    id,
    text: await renderSection(prompt, 'question', values),
    opening: await renderSection(prompt, 'opening', { verdict_name: verdictName(scale) }),
    labels: scaleLabels(scale).map((label) => ({ label, text: ` ${label}` })),
  };
}

/** The examples of a rubric, each fenced by the word `example`: they are the rubric's own and the same for every sample. */
async function renderExamples(prompt: Prompt, { examples = [] }: Rubric, opening: string): Promise<string> {
  const texts = examples.map((example) => {
    const verdict = `${opening} ${example.label}`;
    const critique = example.critique?.trim();
    return renderSection(prompt, 'example', {
      prompt: fence('prompt', example.prompt, 'example'),
      ...responseValues(prompt, example.responses, 'example'),
      judgment: critique ? `${critique}\n${verdict}` : verdict,
    });
  });
  return (await Promise.all(texts)).join('\n');
}

function verdictName(scale: Scale): string {
  return scale.kind === 'integer' ? 'Score' : 'Verdict';
}

/** `criterion: label (its meaning)`. */
export function describeVerdict({ criterion: { id, scale }, label }: GivenVerdict): string {
  const anchor = scale.anchors && Object.hasOwn(scale.anchors, label) ? scale.anchors[label] : undefined;
  return anchor === undefined ? `${id}: ${label}` : `${id}: ${label} (${oneLine(anchor)})`;
}

/** One section with its variables filled. Throws JurorError `prompt` for one without a value. */
export async function renderSection(prompt: Prompt, name: SectionName, values: Values): Promise<string> {
  const section = prompt.sections[name];
  const { file } = prompt;
  if (!section)
    throw new JurorError('prompt', `missing, expected a section '# ${name}'`, {
      place: { file, field: name },
    });
  for (const variable of section.variables) {
    if (Object.hasOwn(values, variable.name)) continue;
    const nearest = nearestName(variable.name, Object.keys(values));
    const hint = nearest === undefined ? '' : `; the nearest variable that has one is '{${nearest}}'`;
    throw new JurorError('prompt', `expected a value for '{${variable.name}}', got none${hint}`, {
      place: { file, line: variable.line, field: name },
    });
  }
  const key = `${prompt.digest}/${name}`;
  let template = templates.get(key);
  if (!template) {
    template = templateOf(section.text);
    templates.set(key, template);
  }
  const [message] = await (await template).formatMessages(values);
  return message?.content as string;
}

/** LangChain is loaded with the first section rendered: most verbs render none. */
async function templateOf(text: string): Promise<ChatPromptTemplate> {
  const { ChatPromptTemplate } = await import('@langchain/core/prompts');
  return ChatPromptTemplate.fromMessages([['user', text]]);
}
