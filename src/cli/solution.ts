/** Solutions judged step by step, as text. People count steps from 1. */
import { type FirstError, firstErrorOf, isProcessLabel } from '../aggregate/process.ts';
import type { ProcessReport } from '../aggregate/process-report.ts';
import { type StepSource, stepsOf } from '../judge/stepwise.ts';
import type { Judgment, Label, Sample, Verdict } from '../schema.ts';
import { number, share } from './figures.ts';
import { bar, count, percent, table } from './terminal.ts';

/** A paragraph beside its name, in at most so many lines. */
interface Paragraph {
  readonly name: string;
  readonly text: string;
  readonly most: number;
}

/** Each step with its probability, and the critiques that there are. */
export function describeSteps(
  sample: Sample,
  verdict: Verdict,
  judgments: readonly Judgment[],
  source: StepSource,
): Paragraph[] {
  const response = sample.responses.find(({ id }) => verdict.responseIds.includes(id));
  const texts = response ? stepsOf(sample, response, verdict.rubricId, source) : [];
  return (verdict.steps ?? []).flatMap(({ probability, reason }, index) => {
    const read =
      probability === null ? `unscored (${reason})` : `${bar(probability, 10)} ${percent(probability)}`;
    const critique = judgments.find(({ step, critique }) => step === index && critique)?.critique;
    return [
      { name: `step ${index + 1}`, text: `${read} · ${texts[index] ?? ''}`, most: 3 },
      ...(critique
        ? [
            {
              name: 'critique',
              text: critique.finish === 'stop' ? critique.text : `${critique.text} [cut]`,
              most: 8,
            },
          ]
        : []),
    ];
  });
}

/** `score 0.31, first error in step 2`. */
export function concludeSteps({ score, firstError }: Verdict): string {
  return `score ${(score ?? 0).toFixed(3)}, ${placeOf(firstError ?? 'none')}`;
}

/** A label of steps in words; undefined for any other. */
export function describeProcessLabel(label: Label | undefined): string | undefined {
  if (!isProcessLabel(label)) return undefined;
  const { steps, outcome } = label;
  const first = firstErrorOf(steps);
  return [
    first === null ? 'steps labelled in part' : placeOf(first),
    ...(outcome === undefined ? [] : [`answer ${outcome >= 0.5 ? 'right' : 'wrong'}`]),
  ].join(', ');
}

function placeOf(firstError: FirstError): string {
  return firstError === 'none' ? 'no error' : `first error in step ${firstError + 1}`;
}

/** The tables of a stepwise report. */
export function processTables({ figures, baselines, outcome }: ProcessReport): string[] {
  const { none, first, random } = baselines;
  const rules = [
    ['juror', figures],
    ['always none', none.figures],
    ['always the first', first.figures],
    ['random step or none', random.figures],
  ] as const;
  const kappa = (figure: typeof figures.detectionKappa) =>
    figure.estimate === null ? '' : `, κ ${figure.estimate.toFixed(2)}`;
  const parts = [
    table(
      ['first error', 'F1', 'where there is one', 'where there is none', 'n'],
      rules.map(([name, own]) => [
        name,
        share(own.f1),
        share(own.erroneous),
        share(own.correct),
        count(own.location.n),
      ]),
      ['n'],
    ),
    table(
      ['all solutions', 'exact place', 'error or none', 'n'],
      rules.map(([name, own]) => [
        name,
        share(own.location),
        `${share(own.detection)}${kappa(own.detectionKappa)}`,
        count(own.location.n),
      ]),
      ['n'],
    ),
    table(
      ['steps', 'AUC', 'n'],
      [
        ['juror', number(figures.stepAreaUnderCurve), count(figures.stepAreaUnderCurve.n)],
        ['earlier is better', number(baselines.earlierSteps), count(baselines.earlierSteps.n)],
      ],
      ['n'],
    ),
  ];
  if (outcome === null) return parts;
  const names = [
    ['last step', outcome.last],
    ['lowest step', outcome.min],
    ['mean', outcome.mean],
    ['product', outcome.product],
    ['fewer steps', outcome.fewerSteps],
  ] as const;
  return [
    ...parts,
    table(
      ['final answer', 'AUC', 'n'],
      names.map(([name, figure]) => [name, number(figure), count(figure.n)]),
      ['n'],
    ),
  ];
}
