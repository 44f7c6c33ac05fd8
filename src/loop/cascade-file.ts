/** Fitted thresholds: made from verdicts and labels, kept in a file, and refused for any other cascade. */
import { readFile } from 'node:fs/promises';
import { type CascadeFitOptions, fitCascade } from '../aggregate/cascade-fit.ts';
import type { CascadeFitRow, CascadeTarget } from '../aggregate/cascade-tally.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { CascadeFile, type CascadeSubject, type CascadeVerdict } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { readableJson } from '../store/manifest.ts';
import type { Cascade, CascadeOptions } from './cascade.ts';
import { type CascadeLabelOptions, cascadeFitRow } from './cascade-rows.ts';

/** How thresholds are fitted, and on which labels. */
export interface CascadeFileOptions extends Omit<CascadeFitOptions, 'pairs'>, CascadeLabelOptions {}

/** What came of a fit. */
export interface CascadeFitting {
  /** Null where nothing can be promised; `reason` says why. */
  readonly file: CascadeFile | null;
  readonly reason: string | null;
  /** Rows that took part or were held out, and labelled ties and verdicts without a label, which did not. */
  readonly rows: number;
  readonly leftOut: number;
  /** Rows of prompts that the head was trained on, which did not take part either: there it is surer and better than elsewhere. */
  readonly ofTheHead: number;
}

/**
 * Fit a cascade's thresholds on verdicts of which every stage was asked (`askAll`), and labels. See `fitCascade` for what is promised.
 * Rows of prompts that the head was trained on are left out.
 * Throws JurorError `data` for too few labels, and for verdicts on the best of several: thresholds are fitted on pairs.
 */
export function fitCascadeFile(
  { subject, stages, trainedOn }: Pick<Cascade, 'subject' | 'stages' | 'trainedOn'>,
  verdicts: readonly CascadeVerdict[],
  target: CascadeTarget,
  options: CascadeFileOptions = {},
): CascadeFitting {
  const modes = [...new Set(verdicts.map(({ mode }) => mode))];
  const [mode = 'pairwise'] = modes;
  if (modes.length > 1 || mode === 'best-of')
    throw new JurorError('data', `expected pairs or single answers to fit on, got ${modes.join(' and ')}`);
  const rows: CascadeFitRow[] = [];
  const digests: string[] = [];
  const unseen = verdicts.filter(({ cluster }) => !trainedOn.has(cluster));
  for (const verdict of unseen) {
    const row = cascadeFitRow(verdict, stages, options);
    if (row === null) continue;
    rows.push(row);
    digests.push(contentHash({ row, sampleId: verdict.sampleId, responseIds: verdict.responseIds }));
  }
  const { labelOf: _labels, labelRange: _range, ...fitting } = options;
  const fit = fitCascade(rows, target, { ...fitting, pairs: mode === 'pairwise' });
  const counts = {
    rows: rows.length,
    leftOut: unseen.length - rows.length,
    ofTheHead: verdicts.length - unseen.length,
  };
  if (fit.policy === null) return { file: null, reason: fit.reason, ...counts };
  const { learn, test } = fit.clusters;
  const file: CascadeFile = {
    schemaVersion: 1,
    subject,
    mode,
    stages: [...stages],
    thresholds: [...fit.policy.thresholds],
    ...(fit.policy.lines === undefined
      ? {}
      : { lines: fit.policy.lines.map(({ weights, intercept }) => ({ weights: [...weights], intercept })) }),
    target: { kind: target.kind, most: target.kind === 'error' ? target.most : target.margin },
    confidence: options.confidence ?? 0.95,
    bound: fit.bound,
    learn: fit.learn,
    test: fit.test,
    candidates: fit.candidates,
    tested: fit.tested,
    seed: options.seed ?? 0,
    clusters: [...learn, ...test].sort(),
    digest: contentHash(digests.sort()),
  };
  return { file, reason: null, ...counts };
}

/** A cascade's options with a file's thresholds. Check the cascade made of them with {@link requireCascade}. */
export function withThresholds(
  options: CascadeOptions,
  { stages, thresholds, lines }: CascadeFile,
): CascadeOptions {
  return {
    ...options,
    thresholds: Object.fromEntries(stages.map((stage, place) => [stage, thresholds[place] ?? null])),
    ...(lines === undefined ? {} : { lines }),
  };
}

/** Throws JurorError `usage`, saying which differs, unless thresholds of `fitted` mean something for `given`. */
export function requireCascade(fitted: CascadeSubject, given: CascadeSubject): void {
  const stage = (of: CascadeSubject) =>
    of.stages
      .map(({ stage, critique, samples }) => `${stage} (critique ${critique}, samples ${samples})`)
      .join(', ');
  const facts = (
    of: CascadeSubject,
  ): readonly (readonly [noun: string, identity: unknown, name: string])[] => [
    ['head', of.head.digest, `${of.head.name} (${of.head.digest.slice(0, 12)})`],
    ["head's kind of confidence", of.head.confidence, of.head.confidence],
    ['rubric', of.rubric.digest, `${of.rubric.id} ${of.rubric.version} (${of.rubric.digest.slice(0, 12)})`],
    [
      'engine',
      of.engines.map(({ digest, template }) => `${digest} ${template}`).sort(),
      of.engines.map(({ model, digest }) => `${model} (${digest.slice(0, 12)})`).join(' + '),
    ],
    ['stages', stage(of), stage(of)],
    ['prompt template', of.stages.map(({ prompt }) => prompt), of.stages[0]?.prompt.slice(0, 12) ?? ''],
    [
      'calibration',
      of.stages.map(({ calibration }) => calibration),
      of.stages.map(({ calibration }) => calibration?.slice(0, 12) ?? 'none').join(', '),
    ],
    ['rules of abstention', of.stages.map(({ rules }) => rules), of.stages[0]?.rules ?? ''],
  ];
  const got = facts(given);
  for (const [place, [noun, identity, name]] of facts(fitted).entries()) {
    if (contentHash(identity) === contentHash(got[place]?.[1])) continue;
    throw new JurorError(
      'usage',
      `expected the ${noun} that the thresholds were fitted for, ${name}, got ${got[place]?.[2]}; fit them again with juror cascade`,
    );
  }
}

/** Write fitted thresholds as JSON; the file is old or new, never a mix. */
export async function writeCascadeFile(path: string, file: CascadeFile): Promise<void> {
  await writeAtomically(path, [readableJson(file)]);
}

/** Read what {@link writeCascadeFile} wrote. Throws JurorError `data`, naming file and field, for anything else. */
export async function readCascadeFile(path: string): Promise<CascadeFile> {
  const refuse = (message: string, cause: unknown, field?: string): never => {
    throw new JurorError('data', message, { place: { file: path, ...(field ? { field } : {}) }, cause });
  };
  const text = await readFile(path, 'utf8').catch((cause: unknown) =>
    refuse('expected thresholds of a cascade, got no readable file at this path', cause),
  );
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    return refuse('expected thresholds of a cascade in JSON, got another text', cause);
  }
  const { data, error } = CascadeFile.safeParse(content);
  if (data) return data;
  const issue = error.issues[0];
  return refuse(
    `expected thresholds that juror cascade wrote, got another record: ${issue?.message}`,
    error,
    issue?.path.join('.'),
  );
}
