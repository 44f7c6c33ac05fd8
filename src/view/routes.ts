/** What the viewer's server answers: the contract of api.ts. */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { z } from 'zod';
import { JurorError } from '../errors.ts';
import type { Rubric, Verdict } from '../schema.ts';
import { createAgreementReader, judgeName } from './agreement.ts';
import {
  AgreementQuery,
  type ItemPage,
  ItemQuery,
  type LabelRecord,
  LabelRequest,
  OneItemQuery,
  type ViewAgreement,
  type ViewError,
  type ViewItem,
  type ViewRun,
} from './api.ts';
import { choicesOf, maskedIds, shownOrder } from './choices.ts';
import type { ViewIndex } from './index-open.ts';
import { type Asker, isHidden, listedItem, viewItem } from './item.ts';
import type { LabelBook } from './label-book.ts';

/** How a folder is shown. */
export interface RouteOptions {
  /** Who labels, unless the page says otherwise. */
  readonly annotator: string | undefined;
  /** The judge is hidden whatever is asked for. */
  readonly blind: boolean;
}

/** Largest body in bytes. */
const mostBytes = 16 * 1024;

/** The routes under `/api`. */
export function apiRoutes(index: ViewIndex, labels: LabelBook, options: RouteOptions): Hono {
  const app = new Hono();
  const agreement = createAgreementReader(index, labels);
  const askerOf = ({
    annotator,
    blind,
  }: {
    annotator?: string | undefined;
    blind?: string | undefined;
  }): Asker => ({
    annotator,
    blind: options.blind || blind === 'true',
  });
  const itemFor = async (item: number, asker: Asker): Promise<ViewItem> => {
    const [fetched] = await index.fetch([item], { judgments: true });
    if (fetched === undefined) throw new RangeError(`no item ${item}`);
    return viewItem(fetched, { index: item, labels: labels.of(item) }, asker);
  };

  app.get('/run', async (context) => {
    await labels.refresh();
    return context.json<ViewRun>({
      title: index.title,
      runs: index.runs.map(({ id, manifest, rubrics }, run) => ({
        id,
        models: manifest.configuration.engines.map(({ model }) => model),
        rubrics: rubrics.map(({ id, mode, criteria }) => ({
          id,
          mode: mode === 'listwise' ? 'pairwise' : mode,
          criteria: criteria.map((criterion) => criterion.id),
        })),
        verdicts: index.counts[run] ?? 0,
      })),
      items: index.columns.size,
      slices: index.slices.list(),
      texts: index.texts,
      annotators: labels.annotators(),
      annotator: options.annotator ?? null,
      blind: options.blind,
    });
  });

  app.get('/items', async (context) => {
    const query = queryOf(context, ItemQuery);
    const asker = askerOf(query);
    if (asker.blind) requireBlind(query);
    await labels.refresh();
    const found = await index.find(query, labels, context.req.raw.signal);
    const page = [...found.subarray(query.offset, query.offset + query.limit)];
    const fetched = await index.fetch(page);
    return context.json<ItemPage>({
      total: found.length,
      items: fetched.map((one, place) => {
        const item = page[place] ?? 0;
        return listedItem(one, { index: item, labels: labels.of(item) }, asker);
      }),
    });
  });

  app.get('/items/:index', async (context) => {
    const query = queryOf(context, OneItemQuery);
    const item = itemNumber(context.req.param('index'), index);
    if (item === undefined) return noItem(context);
    await labels.refresh();
    return context.json<ViewItem>(await itemFor(item, askerOf(query)));
  });

  app.get('/agreement', async (context) => {
    const query = queryOf(context, AgreementQuery);
    if (options.blind)
      return context.json<ViewError>({ error: 'the judge is hidden, and so is how it agrees' }, 403);
    return context.json<ViewAgreement>(await agreement.read(query));
  });

  const tooLarge = (context: Context) =>
    context.json<ViewError>(
      { error: `expected a body of at most ${mostBytes} bytes, got a larger one` },
      413,
    );
  app.post('/labels', bodyLimit({ maxSize: mostBytes, onError: tooLarge }), async (context) => {
    const request = checked(LabelRequest, parsedBody(await context.req.text()));
    if (request.annotator === judgeName)
      throw new JurorError('usage', `expected another name than '${judgeName}'`, {
        place: { field: 'annotator' },
      });
    const item = itemNumber(String(request.index), index);
    if (item === undefined) return noItem(context);
    const { annotator } = request;
    const asker: Asker = { annotator, blind: options.blind || request.blind };
    await labels.refresh();
    const [fetched] = await index.fetch([item], { texts: false });
    if (fetched === undefined) return noItem(context);
    const { verdict, run } = fetched;
    const { sampleId, rubricId, responseIds } = verdict;
    const rubric = run.rubrics.find(({ id }) => id === rubricId) ?? { criteria: [] };
    const hidden = isHidden(asker, { labels: labels.of(item) });
    const choice = choiceOf(request.label, verdict, { annotator, hidden, rubric });
    const record: LabelRecord = {
      sampleId,
      rubricId,
      responseIds,
      annotator,
      ...choice,
      // Once they have labelled it, the verdict was shown to them.
      blind: asker.blind && !labels.hasEver(item, annotator),
    };
    if (labels.of(item).get(annotator)?.label !== record.label || record.label === null)
      await labels.add(item, record);
    return context.json<ViewItem>(await itemFor(item, asker));
  });
  return app;
}

/**
 * A chosen value in the data's words. The names of hidden answers are taken at any time: they are nobody's id. Throws JurorError `usage`
 * for what is no choice, without the ids of hidden answers.
 */
function choiceOf(
  label: string | null,
  verdict: Verdict,
  {
    annotator,
    hidden,
    rubric,
  }: { readonly annotator: string; readonly hidden: boolean; readonly rubric: Pick<Rubric, 'criteria'> },
): Pick<LabelRecord, 'label' | 'score'> {
  if (label === null) return { label: null, score: null };
  const shown = shownOrder(verdict, annotator);
  const names = maskedIds(verdict.responseIds, shown);
  const choices = choicesOf(verdict, rubric, shown);
  const place = verdict.mode === 'pairwise' ? names.indexOf(label) : -1;
  const value = verdict.responseIds[place] ?? label;
  const found = choices.find((choice) => choice.value === value);
  if (found) return { label: value, score: found.score };
  const legal = choicesOf(hidden ? { ...verdict, responseIds: [...names] } : verdict, rubric, shown);
  throw new JurorError(
    'usage',
    `expected one of ${legal.map(({ value }) => value).join(', ')}, got another label`,
    {
      place: { field: 'label' },
    },
  );
}

/** What is chosen by the judge's verdicts tells them. */
function requireBlind(query: ItemQuery): void {
  const { verdict, disagreement, uncertain, sort } = query;
  const told = { verdict, disagreement, uncertain, sort: sort === 'data' ? undefined : sort };
  for (const [field, value] of Object.entries(told))
    if (value !== undefined)
      throw new JurorError('usage', 'expected none while the judge is hidden: it would tell the verdicts', {
        place: { field },
      });
}

function itemNumber(text: string, { columns }: ViewIndex): number | undefined {
  const item = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : -1;
  return item >= 0 && item < columns.size ? item : undefined;
}

function noItem(context: Context) {
  return context.json<ViewError>(
    { error: 'expected the number of an item, got another one', field: 'index' },
    404,
  );
}

/** The query of a request. Throws JurorError `usage` naming the part that is wrong. */
function queryOf<Schema extends z.ZodType>(context: Context, schema: Schema): z.infer<Schema> {
  const given = Object.entries(context.req.queries());
  const twice = given.find(([, values]) => values.length > 1);
  if (twice)
    throw new JurorError('usage', `expected it once, got it ${twice[1].length} times`, {
      place: { field: twice[0] },
    });
  return checked(schema, Object.fromEntries(given.map(([name, [value]]) => [name, value])));
}

function checked<Schema extends z.ZodType>(schema: Schema, content: unknown): z.infer<Schema> {
  const { data, error } = schema.safeParse(content);
  const issue = error?.issues[0];
  if (issue === undefined) return data as z.infer<Schema>;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const field = unknown ?? issue.path.join('.');
  const message = unknown === undefined ? issue.message : 'expected no such field';
  throw new JurorError('usage', message, { place: field === '' ? {} : { field } });
}

function parsedBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JurorError('usage', 'expected JSON, got another text', { cause });
  }
}
