/** An item as the page gets it: what the asker may see of it, and no more. */
import { promptCluster, textDigest } from '../canonical.ts';
import type { Response, Sample } from '../schema.ts';
import type { LabelRecord, ListedItem, ViewItem } from './api.ts';
import { choicesOf, maskedIds, shownOrder } from './choices.ts';
import type { FetchedItem } from './index-open.ts';

/** Who asks. */
export interface Asker {
  readonly annotator: string | undefined;
  /** The judge is hidden until their own label is given. */
  readonly blind: boolean;
}

/** What is said of an item beside its verdict. */
export interface ItemLabels {
  readonly index: number;
  /** Labels that count, by annotator. */
  readonly labels: ReadonlyMap<string, LabelRecord>;
}

/** Most characters of a prompt in the list. */
const excerptLength = 200;

/** Whether everything of the judge, and of others, is hidden from the asker. */
export function isHidden({ annotator, blind }: Asker, { labels }: Pick<ItemLabels, 'labels'>): boolean {
  return blind && (annotator === undefined || !labels.has(annotator));
}

/** One line of the list. */
export function listedItem(fetched: FetchedItem, of: ItemLabels, asker: Asker): ListedItem {
  const { verdict, run } = fetched;
  const hidden = isHidden(asker, of);
  const { prompt } = checkedTexts(fetched);
  return {
    index: of.index,
    run: run.id,
    sampleId: verdict.sampleId,
    rubric: verdict.rubricId,
    mode: verdict.mode,
    prompt: prompt === null ? '' : beginning(promptText(prompt)),
    score: hidden ? null : verdict.score,
    winner: hidden ? null : verdict.winner,
    flipped: hidden ? null : verdict.flipped,
    disagreement: hidden ? null : verdict.disagreement,
    unscored: hidden ? [] : verdict.unscored,
    abstained: hidden ? false : verdict.abstained !== undefined,
    labelledBy: [...of.labels.keys()].sort(),
  };
}

/** One item in full. */
export function viewItem(fetched: FetchedItem, of: ItemLabels, asker: Asker): ViewItem {
  const { verdict, run, row, judgments, sample } = fetched;
  const hidden = isHidden(asker, of);
  const texts = checkedTexts(fetched);
  const shown = shownOrder(verdict, asker.blind ? (asker.annotator ?? '') : undefined);
  const names = hidden ? maskedIds(verdict.responseIds, shown) : verdict.responseIds;
  const rubric = run.rubrics.find(({ id }) => id === verdict.rubricId) ?? { criteria: [] };
  const choices = choicesOf({ ...verdict, responseIds: [...names] }, rubric, shown);
  const own = asker.annotator === undefined ? undefined : of.labels.get(asker.annotator);
  return {
    ...listedItem(fetched, of, asker),
    texts: texts.state,
    fullPrompt: texts.prompt ?? '',
    reference: texts.prompt === null ? null : (sample?.reference ?? null),
    responses: shown.map((place) => {
      const response = texts.responses[place];
      return {
        id: names[place] ?? '',
        text: response?.text ?? null,
        steps: response?.steps ?? null,
        model: hidden ? null : (row?.models?.[place] ?? response?.model ?? null),
      };
    }),
    choices: choices.map(({ value, text, key }) => ({ value, text, key })),
    own: own?.label ?? null,
    verdict: hidden ? null : verdict,
    judgments: hidden
      ? []
      : judgments.map(({ key, criterionId, responseIds, engine, sampleIndex, step, critique, outcome }) => ({
          key,
          criterionId,
          responseIds,
          model: engine.model,
          sampleIndex,
          step: step ?? null,
          critique: critique?.text ?? null,
          label: outcome.status === 'scored' ? outcome.label : null,
          score: outcome.status === 'scored' ? outcome.score : null,
          distribution: outcome.status === 'scored' ? outcome.distribution : null,
          unscored: outcome.status === 'scored' ? null : `${outcome.reason}: ${outcome.message}`,
        })),
    label: hidden || verdict.label === undefined ? null : labelText(verdict.label),
    labels: hidden ? [] : allLabels(fetched, of),
    metadata: hidden ? null : (sample?.metadata ?? null),
  };
}

/** Those of the data, then those given in the viewer. */
function allLabels({ row, sample }: FetchedItem, { labels }: ItemLabels): ViewItem['labels'] {
  const annotations = row?.annotations ?? sample?.annotations ?? [];
  return [
    ...annotations.map(({ annotator, label, place }, number) => ({
      annotator: annotator ?? `vote ${(place ?? number) + 1}`,
      label: String(label),
    })),
    ...[...labels].map(([annotator, { label }]) => ({ annotator, label: label ?? '' })),
  ];
}

function labelText(label: NonNullable<FetchedItem['verdict']['label']>): string {
  return typeof label === 'object' ? JSON.stringify(label) : String(label);
}

interface CheckedTexts {
  readonly state: true | string;
  /** Null where there is none, or another one than was judged. */
  readonly prompt: Sample['prompt'] | null;
  /** In the order of the verdict's responses; undefined where there is none, or another one. */
  readonly responses: readonly (Response | undefined)[];
}

/** The texts that were judged: what the data have is held against the digests of the journal. */
function checkedTexts({ sample, row, verdict }: FetchedItem): CheckedTexts {
  if (sample === undefined)
    return { state: 'the data at hand do not have this sample', prompt: null, responses: [] };
  const byId = new Map(sample.responses.map((response) => [response.id, response]));
  const found = verdict.responseIds.map((id) => byId.get(id));
  if (row === undefined)
    return {
      state: 'there is no journal to check the texts with: they may be others than were judged',
      prompt: sample.prompt,
      responses: found,
    };
  const problems: string[] = [];
  const samePrompt = promptCluster(sample.prompt) === row.cluster;
  if (!samePrompt) problems.push('another prompt than was judged');
  const responses = found.map((response, place) => {
    // Without its id, which may say who wrote it.
    if (response === undefined) problems.push('no such answer');
    else if (!isJudged(response.text, row.texts?.[place], row.characters[place]))
      problems.push('another answer than was judged');
    else return response;
    return undefined;
  });
  return {
    state: problems.length === 0 ? true : `the data at hand have ${[...new Set(problems)].join(' and ')}`,
    prompt: samePrompt ? sample.prompt : null,
    responses,
  };
}

function isJudged(text: string, digest: string | undefined, characters: number | undefined): boolean {
  return digest === undefined ? text.length === characters : textDigest(text) === digest;
}

function promptText(prompt: Sample['prompt']): string {
  return typeof prompt === 'string' ? prompt : prompt.map(({ content }) => content).join('\n');
}

/** Never half a character. */
function beginning(text: string): string {
  return text.slice(0, excerptLength).replace(/[\uD800-\uDBFF]$/, '');
}
