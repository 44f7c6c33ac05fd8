/** From the opinions of a cascade's stages to its verdict. */
import { type CascadePolicy, type CascadeStand, nineDecimals, standCascade } from '../aggregate/cascade.ts';
import { logistic } from '../aggregate/logits.ts';
import { LARGEST_LOG_ODDS } from '../aggregate/pairs.ts';
import { looseCluster } from '../canonical.ts';
import type { CascadeOpinion, CascadeStage, CascadeVerdict, Response, Sample } from '../schema.ts';
import type { HeadOpinion } from './cascade-head.ts';
import { readingOf } from './cascade-rows.ts';

/** What is decided and by whom, from what every stage asked said of one question. */
export function decideQuestion(
  asked: readonly CascadeOpinion[],
  stages: readonly CascadeStage[],
  policy: CascadePolicy,
  mode: 'pairwise' | 'pointwise',
): Pick<CascadeVerdict, 'winner' | 'score' | 'probability' | 'decided' | 'asked' | 'tokens'> {
  const stand = standCascade(asked.map(readingOf), policy);
  const opinions = asked.map((own, place) => withSum(own, stand, place, policy));
  const place = stand.decided;
  const tokens = spentOn(opinions.slice(0, (place ?? asked.length - 1) + 1));
  const own = place === null ? undefined : stand.stands[place];
  if (place === null || own === undefined || own.logOdds === null)
    return { winner: null, score: null, probability: null, decided: null, asked: opinions, tokens };
  const opinion = opinions[place];
  const score =
    opinion?.combined === undefined ? (opinion?.probability ?? logistic(own.logOdds)) : logistic(own.logOdds);
  const [first = null, second = null] = asked[0]?.responseIds ?? [];
  return {
    winner:
      mode === 'pointwise' ? null : own.tie || own.logOdds === 0 ? 'tie' : own.logOdds > 0 ? first : second,
    score,
    probability: Math.max(score, 1 - score),
    decided: stages[place] ?? null,
    asked: opinions,
    tokens,
  };
}

/** A verdict on a pair or on one answer under another policy, from the opinions that it has. Nobody is asked again. */
export function decideAgain(
  verdict: CascadeVerdict,
  stages: readonly CascadeStage[],
  policy: CascadePolicy,
): CascadeVerdict {
  const { mode } = verdict;
  if (mode === 'best-of') return verdict;
  const asked = verdict.asked.map(({ combined: _combined, ...opinion }) => opinion);
  return { ...verdict, ...decideQuestion(asked, stages, policy, mode) };
}

/** A head's opinion as a record. */
export function headOpinion(
  responses: readonly Response[],
  { logOdds, confidence, against }: HeadOpinion,
  tokens: number,
): CascadeOpinion {
  const bounded =
    logOdds === null ? null : nineDecimals(Math.max(-LARGEST_LOG_ODDS, Math.min(LARGEST_LOG_ODDS, logOdds)));
  return {
    stage: 'head',
    responseIds: responses.map(({ id }) => id),
    probability: bounded === null ? null : logistic(bounded),
    logOdds: bounded,
    confidence:
      bounded === null ? null : confidence === undefined ? Math.abs(bounded) : nineDecimals(confidence),
    tie: false,
    against: [...against],
    judgments: [],
    tokens: { prompt: tokens, generated: 0 },
  };
}

/** What every verdict of a sample has. */
export function verdictBase({ id, prompt, label }: Sample, rubricId: string, responses: readonly Response[]) {
  return {
    schemaVersion: 1 as const,
    sampleId: id,
    rubricId,
    responseIds: responses.map((response) => response.id),
    characters: responses.map(({ text }) => text.length),
    cluster: looseCluster(prompt),
    ...(label === undefined ? {} : { label }),
  };
}

/** Tokens of opinions together. */
export function spentOn(asked: readonly CascadeOpinion[]): CascadeVerdict['tokens'] {
  return {
    prompt: asked.reduce((sum, { tokens }) => sum + tokens.prompt, 0),
    generated: asked.reduce((sum, { tokens }) => sum + tokens.generated, 0),
  };
}

function withSum(
  opinion: CascadeOpinion,
  { stands }: CascadeStand,
  place: number,
  { lines }: CascadePolicy,
): CascadeOpinion {
  const logOdds = stands[place]?.logOdds ?? null;
  return lines === undefined || logOdds === null ? opinion : { ...opinion, combined: logOdds };
}
