/** What the viewer's page asks its server, and what it gets: the contract of both. */
import { z } from 'zod';
import { Id, Name, Probability } from '../schema/primitives.ts';
import type { Distribution, Message, UnscoredReason, Verdict } from '../schema.ts';

/** `GET /api/run`: what there is to see. */
export interface ViewRun {
  /** Name of the folder, or of the suite. */
  readonly title: string;
  /** Runs of the folder: one, or those of a suite. */
  readonly runs: readonly {
    readonly id: string;
    readonly models: readonly string[];
    readonly rubrics: readonly {
      readonly id: string;
      readonly mode: Verdict['mode'];
      readonly criteria: readonly string[];
    }[];
    readonly verdicts: number;
  }[];
  readonly items: number;
  /** Slice → its values, the most frequent first, at most 50. */
  readonly slices: Readonly<Record<string, readonly string[]>>;
  /** Whether the texts are at hand; false: why not, and what to do. */
  readonly texts: true | string;
  /** Annotators with labels so far. */
  readonly annotators: readonly string[];
  /** Who labels, where `juror view --annotator` said so. */
  readonly annotator: string | null;
  /** `juror view --blind`: the server hides the judge whatever is asked for. */
  readonly blind: boolean;
}

/** Which items, in which order: the query of `GET /api/items`. Numbers come as text. */
export const ItemQuery = z.strictObject({
  /** Words that prompt, answers, reference or id must hold; case does not matter. */
  text: z.string().max(200).optional(),
  run: z.string().max(300).optional(),
  rubric: Name.optional(),
  /** `pass`/`fail` are of scores at least 0.5; first, second and tie of pairs. */
  verdict: z.enum(['pass', 'fail', 'first', 'second', 'tie', 'unscored', 'abstained']).optional(),
  /** `flipped`: orders disagree · `label`: not as the label says · `annotators`: annotators differ · `judges`: members of a panel differ by 0.2 or more. */
  disagreement: z.enum(['flipped', 'label', 'annotators', 'judges']).optional(),
  /** Verdicts with |score − ½| up to this. */
  uncertain: z.coerce.number().min(0).max(0.5).optional(),
  /** `name=value`. */
  slice: z.string().max(300).optional(),
  /** Only what this annotator has (`true`) or has not (`false`) labelled; needs `annotator`. */
  labelled: z.enum(['true', 'false']).optional(),
  annotator: z.string().max(64).optional(),
  /** Everything of the judge is null in items without a label of `annotator`; filters and orders by it are refused. */
  blind: z.enum(['true', 'false']).optional(),
  /** Ascending, without a score last: the order of the data · |score − ½| · score · most contested first. */
  sort: z.enum(['data', 'uncertain', 'score', 'contested']).default('data'),
  offset: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ItemQuery = z.infer<typeof ItemQuery>;

/** One line of the list. While an annotator labels blind, everything of the judge is null. */
export interface ListedItem {
  /** Number of the item in the folder, from 0; its address. */
  readonly index: number;
  readonly run: string;
  readonly sampleId: string;
  readonly rubric: string;
  readonly mode: Verdict['mode'];
  /** The beginning of the prompt, at most 200 characters. */
  readonly prompt: string;
  readonly score: number | null;
  readonly winner: string | null;
  readonly flipped: boolean | null;
  readonly disagreement: number | null;
  readonly unscored: readonly UnscoredReason[];
  readonly abstained: boolean;
  /** Annotators that have labelled it. */
  readonly labelledBy: readonly string[];
}

/** `GET /api/items`. */
export interface ItemPage {
  /** Items that meet the query. */
  readonly total: number;
  readonly items: readonly ListedItem[];
}

/** `GET /api/items/:index?annotator=&blind=`: one item in full. */
export interface ViewItem extends ListedItem {
  /** Whether all texts are those that were judged; else why they are not shown, or cannot be checked. */
  readonly texts: true | string;
  readonly fullPrompt: string | readonly Message[];
  readonly reference: string | null;
  /** In the order to be shown: the data's, or, blind, one drawn for this annotator and item. */
  readonly responses: readonly {
    /** While it is blind and has no own label, another name: an id may say who wrote it. */
    readonly id: string;
    readonly text: string | null;
    readonly steps: readonly string[] | null;
    /** Null while blind. */
    readonly model: string | null;
  }[];
  /** What may be said of it: response ids and `tie`, or the labels of the scale. */
  readonly choices: readonly { readonly value: string; readonly text: string; readonly key: string }[];
  /** This annotator's label so far. */
  readonly own: string | null;
  /** Everything below is empty or null while it is blind and has no own label. */
  readonly verdict: Verdict | null;
  readonly judgments: readonly {
    readonly key: string;
    readonly criterionId: string;
    readonly responseIds: readonly string[];
    readonly model: string;
    readonly sampleIndex: number;
    readonly step: number | null;
    readonly critique: string | null;
    readonly label: string | null;
    readonly score: number | null;
    readonly distribution: Distribution | null;
    readonly unscored: string | null;
  }[];
  readonly label: string | null;
  readonly labels: readonly { readonly annotator: string; readonly label: string }[];
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

/** The query of `GET /api/items/:index`. */
export const OneItemQuery = z.strictObject({
  annotator: z.string().max(64).optional(),
  blind: z.enum(['true', 'false']).optional(),
});

/** The query of `GET /api/agreement`. */
export const AgreementQuery = z.strictObject({
  rubric: Name.optional(),
  run: z.string().max(300).optional(),
});

/** What every refused request gets, with a status of 400 or more. */
export interface ViewError {
  /** For people: expected …, got …. */
  readonly error: string;
  /** The part of the query or body that is wrong. */
  readonly field?: string;
}

/** Body of `POST /api/labels`, which answers with the {@link ViewItem} as it is then; `label: null` takes one back. */
export const LabelRequest = z.strictObject({
  index: z.int().nonnegative(),
  annotator: z
    .string()
    .trim()
    .regex(/^[^\p{C}]{1,64}$/u, 'expected a name of 1 to 64 printable characters'),
  /** The `value` of a choice of the item. */
  label: z.string().max(256).nullable(),
  /** Whether the judge's verdict was hidden. */
  blind: z.boolean(),
});
export type LabelRequest = z.infer<typeof LabelRequest>;

/** One line of `labels.jsonl` in the run folder; the last one of an item and annotator counts. */
export const LabelRecord = z.strictObject({
  sampleId: Id,
  rubricId: Name,
  responseIds: z.array(Id).min(1),
  annotator: z.string(),
  /** A response's id or `tie`; a label of the scale; null: taken back. */
  label: z.string().nullable(),
  /** The label as a number in [0, 1], of single answers. */
  score: Probability.nullable(),
  blind: z.boolean(),
});
export type LabelRecord = z.infer<typeof LabelRecord>;

/** `GET /api/agreement?rubric=&run=`: recomputed as labels come in. Default: the first rubric, and all runs. Refused with 403 by `juror view --blind`. */
export interface ViewAgreement {
  readonly rubric: string;
  /** Items with a label. */
  readonly labelled: number;
  /**
   * Each annotator with the judge, and each two annotators: share that agree and Cohen's κ (of scales with an order weighted by the
   * square of the distance), with 95 % intervals over prompts where there are any.
   */
  readonly pairs: readonly {
    readonly left: string;
    /** `judge`, or an annotator. */
    readonly right: string;
    readonly n: number;
    readonly agreement: {
      readonly estimate: number | null;
      readonly low: number | null;
      readonly high: number | null;
    };
    readonly kappa: {
      readonly estimate: number | null;
      readonly low: number | null;
      readonly high: number | null;
    };
  }[];
}
