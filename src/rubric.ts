/** Rubrics: ready ones by id, others from YAML or JSON files, checked beyond what their schema can state. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { contentHash } from './canonical.ts';
import { JurorError, nearestName } from './errors.ts';
import { type Problem, suggest } from './problems.ts';
import { listPrompts, loadPrompt, servesMode } from './prompt-template.ts';
import { describeLabels, scaleLabels } from './scale.ts';
import { type Criterion, Rubric, type Scale } from './schema.ts';
import { MAX_YAML_BYTES, parseYaml } from './yaml.ts';

export { describeScale, scaleLabels, scoreOf } from './scale.ts';

/** A checked rubric and the SHA-256 of its canonical JSON, defaults filled in. */
export interface LoadedRubric {
  readonly rubric: Rubric;
  readonly digest: string;
}

const folder = new URL('../rubrics/', import.meta.url);
const maxLevels = 101;
const maxChoices = 26;

/** Ids of the ready rubrics, sorted. */
export async function listRubrics(): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * A ready rubric by its id, or one from a .yaml, .yml or .json file.
 * Throws JurorError `rubric` that lists every fault with file, line, field and nearest legal name.
 */
export async function loadRubric(idOrPath: string): Promise<LoadedRubric> {
  if (/\.(ya?ml|json)$/i.test(idOrPath)) return parseRubric(await readText(idOrPath, idOrPath), idOrPath);
  const ids = await listRubrics();
  if (!ids.includes(idOrPath)) {
    const hint = suggest(idOrPath, ids);
    throw new JurorError(
      'rubric',
      `unknown rubric '${idOrPath}'${hint}${hint ? ' ' : '; '}expected one of ${ids.join(', ')}, or a .yaml, .yml or .json file`,
    );
  }
  return parseRubric(
    await readText(new URL(`${idOrPath}.yaml`, folder), `rubrics/${idOrPath}.yaml`),
    `rubrics/${idOrPath}.yaml`,
  );
}

async function readText(source: string | URL, file: string): Promise<string> {
  try {
    const { size } = await stat(source);
    if (size <= MAX_YAML_BYTES) return await readFile(source, 'utf8');
    throw new JurorError('rubric', `expected at most ${MAX_YAML_BYTES} bytes, got ${size}`, {
      place: { file },
    });
  } catch (cause) {
    if (JurorError.isInstance(cause)) throw cause;
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new JurorError('rubric', `cannot read the file (${reason})`, { place: { file }, cause });
  }
}

/** Check a rubric's YAML or JSON text; `file` is only named in errors. Throws JurorError `rubric`. */
export function parseRubric(text: string, file: string): LoadedRubric {
  const rubric = parseYaml(text, Rubric, { file, code: 'rubric', check: checkRubric });
  return { rubric, digest: contentHash(rubric) };
}

/** Every fault that the schema cannot see. */
function checkRubric(rubric: Rubric): Problem[] {
  return [
    ...checkPrompt(rubric),
    ...rubric.criteria.flatMap((criterion, index) => [
      ...checkScale(criterion.scale, ['criteria', index, 'scale']),
      ...(comparesAnswers(rubric) ? checkPair(criterion, ['criteria', index, 'scale']) : []),
    ]),
    ...checkCriterionIds(rubric),
    ...checkExamples(rubric),
  ];
}

function comparesAnswers({ mode }: Rubric): boolean {
  return mode === 'pairwise' || mode === 'listwise';
}

function checkPrompt(rubric: Rubric): Problem[] {
  const ids = listPrompts();
  if (!ids.includes(rubric.prompt)) {
    const message = `expected one of ${ids.join(', ')}, got '${rubric.prompt}'${suggest(rubric.prompt, ids)}`;
    return [{ path: ['prompt'], message }];
  }
  const prompt = loadPrompt(rubric.prompt);
  if (!servesMode(prompt, rubric.mode)) {
    const fitting = ids.filter((id) => servesMode(loadPrompt(id), rubric.mode)).join(', ');
    const message = `expected a prompt of mode ${rubric.mode} (${fitting}), got '${prompt.id}' of mode ${prompt.mode}`;
    return [{ path: ['prompt'], message }];
  }
  const problems: Problem[] = [];
  if (rubric.reference !== 'never' && !prompt.sections.reference) {
    problems.push({
      path: ['reference'],
      message: `expected never: the prompt '${prompt.id}' has no section for a reference`,
    });
  }
  if (rubric.examples && !prompt.sections.example) {
    problems.push({
      path: ['examples'],
      message: `expected none: the prompt '${prompt.id}' has no section for examples`,
    });
  }
  return problems;
}

function checkScale(scale: Scale, path: readonly PropertyKey[]): Problem[] {
  if (scale.kind === 'integer') {
    if (scale.min >= scale.max) {
      return [{ path: [...path, 'max'], message: `expected more than min (${scale.min}), got ${scale.max}` }];
    }
    const levels = scale.max - scale.min + 1;
    if (levels > maxLevels)
      return [{ path: [...path, 'max'], message: `expected at most ${maxLevels} levels, got ${levels}` }];
  }
  const labels = scaleLabels(scale);
  const problems: Problem[] = [];
  if (scale.kind === 'choice') {
    if (labels.length < 2 || labels.length > maxChoices) {
      problems.push({
        path: [...path, 'choices'],
        message: `expected 2 to ${maxChoices} labels, got ${labels.length}`,
      });
    }
    for (const label of labels.filter(
      (candidate) => candidate !== candidate.trim() || /[\r\n]/.test(candidate),
    )) {
      problems.push({
        path: [...path, 'choices', label],
        message: 'expected one line without spaces around it',
      });
    }
  }
  for (const label of Object.keys(scale.anchors ?? {}).filter((candidate) => !labels.includes(candidate))) {
    const nearest = nearestName(label, labels);
    const hint = scale.kind === 'choice' && nearest !== undefined ? `, did you mean '${nearest}'?` : '';
    problems.push({
      path: [...path, 'anchors', label],
      message: `expected ${describeLabels(scale)}, got '${label}'${hint}`,
    });
  }
  return problems;
}

const pairScores: Readonly<Record<string, number>> = { A: 1, B: 0, tie: 0.5 };

function checkPair({ scale }: Criterion, path: readonly PropertyKey[]): Problem[] {
  const expected = 'a choice scale A: 1, B: 0, with or without tie: 0.5, to compare two answers';
  if (scale.kind !== 'choice')
    return [{ path: [...path, 'kind'], message: `expected ${expected}, got an integer scale` }];
  const choices = Object.entries(scale.choices);
  const legal = choices.every(
    ([label, score]) => Object.hasOwn(pairScores, label) && pairScores[label] === score,
  );
  if (legal && 'A' in scale.choices && 'B' in scale.choices) return [];
  const got = choices.map(([label, score]) => `${label}: ${score}`).join(', ');
  return [{ path: [...path, 'choices'], message: `expected ${expected}, got ${got}` }];
}

function checkCriterionIds({ criteria, combine }: Rubric): Problem[] {
  const ids = criteria.map(({ id }) => id);
  const repeated = ids.flatMap((id, index): Problem[] =>
    ids.indexOf(id) === index
      ? []
      : [{ path: ['criteria', index, 'id'], message: `expected an id of its own, got '${id}' again` }],
  );
  if (combine.kind !== 'gated') return repeated;
  const unknown = combine.gates.flatMap(({ criterion }, index): Problem[] =>
    ids.includes(criterion)
      ? []
      : [
          {
            path: ['combine', 'gates', index, 'criterion'],
            message: `expected one of ${ids.join(', ')}, got '${criterion}'${suggest(criterion, ids)}`,
          },
        ],
  );
  return [...repeated, ...unknown];
}

function checkExamples(rubric: Rubric): Problem[] {
  const { criteria, examples = [] } = rubric;
  const [criterion] = criteria;
  if (examples.length === 0 || !criterion) return [];
  if (criteria.length > 1) {
    return [
      {
        path: ['examples'],
        message: `expected a rubric with one criterion, got ${criteria.length}: an example has one label`,
      },
    ];
  }
  const labels = scaleLabels(criterion.scale);
  const responses = comparesAnswers(rubric) ? 2 : 1;
  return examples.flatMap((example, index): Problem[] => [
    ...(example.responses.length === responses
      ? []
      : [
          {
            path: ['examples', index, 'responses'],
            message: `expected ${responses}, got ${example.responses.length}`,
          },
        ]),
    ...(labels.includes(example.label)
      ? []
      : [
          {
            path: ['examples', index, 'label'],
            message: `expected ${describeLabels(criterion.scale)}, got '${example.label}'`,
          },
        ]),
  ]);
}
