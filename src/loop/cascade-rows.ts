/** Verdicts of a cascade as rows of its report and of its fit. */
import type { StageReading } from '../aggregate/cascade.ts';
import type { CascadeReportRow } from '../aggregate/cascade-report.ts';
import type { CascadeFitRow } from '../aggregate/cascade-tally.ts';
import { JurorError } from '../errors.ts';
import type { CascadeOpinion, CascadeStage, CascadeVerdict, Label } from '../schema.ts';

/** Where labels are read. */
export interface CascadeLabelOptions {
  /** Default: the label that came with the sample. */
  readonly labelOf?: ((sampleId: string) => Label | undefined) | undefined;
  /** The ends of the scale of labels of one answer, which is good from the middle up. Default 0 to 1. */
  readonly labelRange?: { readonly min: number; readonly max: number } | undefined;
}

/** A record's opinion as a stage's reading. */
export function readingOf({ logOdds, confidence, tie, against }: CascadeOpinion): StageReading {
  return { logOdds, ...(confidence === null ? {} : { confidence }), tie, barred: against.length > 0 };
}

/** A row of the fit; null for a verdict without a label, with a tied one, or on the best of several. Throws JurorError `data`. */
export function cascadeFitRow(
  verdict: CascadeVerdict,
  stages: readonly CascadeStage[],
  options: CascadeLabelOptions = {},
): CascadeFitRow | null {
  const yes = yesOf(verdict, options);
  if (yes === null || yes === 'tie') return null;
  const asked = stages.map((stage) => verdict.asked.find((own) => own.stage === stage));
  const missing = stages.find((_, place) => asked[place] === undefined);
  if (missing !== undefined)
    throw new JurorError(
      'data',
      `sample '${verdict.sampleId}': expected an opinion of every stage, got none of ${missing}; ask all stages`,
    );
  return {
    cluster: verdict.cluster,
    yes,
    readings: asked.flatMap((own) => (own ? [readingOf(own)] : [])),
    tokens: asked.flatMap((own) => (own ? [own.tokens.prompt + own.tokens.generated] : [])),
  };
}

/** A row of the report. Throws JurorError `data` for a label that is no response of the sample. */
export function cascadeReportRow(
  verdict: CascadeVerdict,
  options: CascadeLabelOptions = {},
): CascadeReportRow {
  const { cluster, mode, decided, probability, asked, characters, responseIds } = verdict;
  const label = labelOf(verdict, options);
  const yes = mode === 'best-of' ? null : yesOf(verdict, options);
  const winner = mode === 'best-of' ? winnerLabel(verdict, label) : null;
  const right = (opinion: CascadeOpinion): boolean | null => {
    if (yes === null || opinion.against.length > 0 || opinion.logOdds === null) return null;
    return answerOf(opinion, mode) === yes;
  };
  const known = mode === 'best-of' ? winner : yes;
  return {
    cluster,
    decided,
    confidence: probability,
    right: known === null || decided === null ? null : isRight(verdict, known),
    labelled: known !== null,
    longer: known === null || mode === 'pointwise' ? null : longest(characters, responseIds, mode) === known,
    stages: [...Map.groupBy(asked, ({ stage }) => stage)].map(([stage, opinions]) => {
      const [only, ...others] = opinions;
      return {
        stage,
        // A stage that saw some comparisons only did not choose the best of several; the head's first champion is its choice.
        right:
          mode !== 'best-of' && only !== undefined && others.length === 0
            ? right(only)
            : stage === 'head' && winner !== null && only !== undefined && only.logOdds !== null
              ? only.responseIds[0] === winner
              : null,
        tokens: {
          prompt: opinions.reduce((sum, { tokens }) => sum + tokens.prompt, 0),
          generated: opinions.reduce((sum, { tokens }) => sum + tokens.generated, 0),
        },
        whole: mode !== 'best-of',
      };
    }),
    tokens: verdict.tokens,
  };
}

function isRight({ mode, winner, score, responseIds }: CascadeVerdict, known: string | boolean): boolean {
  if (mode === 'best-of') return winner === known;
  if (mode === 'pointwise') return (score ?? 0) >= 0.5 === known;
  return (winner === 'tie' ? 'tie' : winner === responseIds[0]) === known;
}

function answerOf({ logOdds, tie }: CascadeOpinion, mode: CascadeVerdict['mode']): boolean | 'tie' {
  if (mode === 'pointwise') return (logOdds ?? 0) >= 0;
  return tie || logOdds === 0 ? 'tie' : (logOdds ?? 0) > 0;
}

function longest(
  characters: readonly number[],
  responseIds: readonly string[],
  mode: CascadeVerdict['mode'],
): string | boolean {
  const most = Math.max(...characters);
  const alone = characters.filter((length) => length === most).length === 1;
  if (!alone) return 'tie';
  const place = characters.indexOf(most);
  return mode === 'best-of' ? (responseIds[place] ?? '') : place === 0;
}

function labelOf(verdict: CascadeVerdict, options: CascadeLabelOptions): Label | undefined {
  return options.labelOf ? options.labelOf(verdict.sampleId) : verdict.label;
}

/** Whether the label says yes. */
function yesOf(verdict: CascadeVerdict, options: CascadeLabelOptions): boolean | 'tie' | null {
  const label = labelOf(verdict, options);
  if (label === undefined || verdict.mode === 'best-of') return null;
  if (verdict.mode === 'pointwise') {
    const { min, max } = options.labelRange ?? { min: 0, max: 1 };
    if (typeof label !== 'number') return null;
    if (label < min || label > max)
      throw new JurorError(
        'data',
        `sample '${verdict.sampleId}': expected a label from ${min} to ${max}, got ${label}`,
      );
    return label >= (min + max) / 2;
  }
  const winner = winnerLabel(verdict, label);
  return winner === null ? null : winner === 'tie' ? 'tie' : winner === verdict.responseIds[0];
}

function winnerLabel({ sampleId, responseIds }: CascadeVerdict, label: Label | undefined): string | null {
  if (label === undefined) return null;
  if (typeof label === 'string' && (label === 'tie' || responseIds.includes(label))) return label;
  throw new JurorError(
    'data',
    `sample '${sampleId}': expected a label of ${responseIds.join(', ')} or tie, got ${JSON.stringify(label)}`,
  );
}
