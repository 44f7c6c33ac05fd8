import { UnanswerableRequest } from '../engine/engine.ts';
import type { LlamaEngine } from '../engine/llama.ts';
import { JurorError } from '../errors.ts';
import { byHeart, diagnoseTraining } from '../reward/diagnose.ts';
import {
  conversationOf,
  openFeatures,
  otherConditions,
  type ReadOutOptions,
  requireSameFeatures,
} from '../reward/features.ts';
import { readHead } from '../reward/head-file.ts';
import { readTrainingFiles, type TrainingFiles } from '../reward/training-files.ts';
import { balanceOf, labelSet } from '../reward/training-sets.ts';
import { openMachineFeatures } from './feature-store.ts';
import { share } from './figures.ts';
import type { Finding } from './finding.ts';
import { count, excerpt, percent, plural } from './terminal.ts';

/** What is checked, with which engine. */
export interface TrainingChecks {
  readonly engine: LlamaEngine;
  readonly signal: AbortSignal;
  readonly readOut: ReadOutOptions;
}

/** Checks of a head: that it is whole, and made for this model. */
export async function headFindings(folder: string, { engine, signal }: TrainingChecks): Promise<Finding[]> {
  const head = await readHead(folder);
  const { name, version, feature, heldOut, conformal } = head.record;
  const findings: Finding[] = [
    { check: 'head', status: 'good', detail: `${name} ${version}, sha256 ${head.digest}` },
  ];
  using store = openMachineFeatures();
  const features = await openFeatures(engine, store, feature);
  try {
    requireSameFeatures(feature, features.spec);
    const others = otherConditions(feature, features.spec);
    findings.push({
      check: 'head and model',
      status: others === null ? 'good' : 'note',
      detail: others ?? 'same backbone, template, read-out and conditions',
    });
  } catch (error) {
    if (!JurorError.isInstance(error)) throw error;
    return [...findings, { check: 'head and model', status: 'bad', detail: error.message }];
  }
  const prompt = 'Name the capital of France.';
  const places = await engine.readOuts(
    [conversationOf({ prompt, text: 'Paris.' }, feature.suffix)],
    feature.readOut,
    {
      signal,
    },
  );
  findings.push(...places.map(({ before, read }) => placeFinding(before, read)));
  const accuracy = heldOut?.figures.accuracy;
  const longer = heldOut?.baselines.longer?.accuracy;
  findings.push({
    check: 'held out',
    status:
      accuracy === undefined ? 'note' : (accuracy.low ?? 0) > (longer?.estimate ?? 0.5) ? 'good' : 'note',
    detail:
      accuracy === undefined
        ? 'nothing is known of its accuracy'
        : `${share(accuracy)} right${longer === undefined ? '' : `, the longer answer ${share(longer)}`}`,
  });
  if (conformal !== null && conformal.threshold >= 1)
    findings.push({
      check: 'abstention',
      status: 'note',
      detail: `it decides nothing: ${plural(conformal.prompts, 'prompt')} are too few for ${percent(conformal.errorRate)} errors`,
    });
  return findings;
}

/** Checks of data to train on: where states are read, what does not fit, how labels lie, and whether a head can learn a few of them. */
export async function trainingFindings(
  files: readonly string[],
  { engine, signal, readOut }: TrainingChecks,
): Promise<Finding[]> {
  const data = await readTrainingFiles(files, { signal });
  using store = openMachineFeatures();
  const features = await openFeatures(engine, store, readOut);
  const diagnosis = await diagnoseTraining(features, data, { signal });
  const { constant, alike, read, overfit } = diagnosis;
  return [
    ...(await placeFindings(data, features.spec, { engine, signal })),
    ...labelFindings(data),
    {
      check: 'features',
      status: alike > 0 || constant === features.spec.size ? 'bad' : constant > 0 ? 'note' : 'good',
      detail: `${count(features.spec.size)} numbers, ${constant === 0 ? 'none' : count(constant)} the same in all of ${plural(read, 'answer')}${alike > 0 ? `; ${plural(alike, 'answer')} with the state of another one: it is read where the answer does not show` : ''}`,
    },
    overfitFinding(overfit),
  ];
}

async function placeFindings(
  { rows: { texts } }: TrainingFiles,
  { suffix, readOut }: Parameters<typeof requireSameFeatures>[0],
  { engine, signal }: Pick<TrainingChecks, 'engine' | 'signal'>,
): Promise<Finding[]> {
  let [refused, longest, doubled, endless] = [0, 0, 0, 0];
  let shown: { before: string; read: string } | undefined;
  for (const text of texts) {
    try {
      const [place] = await engine.readOuts([conversationOf(text, suffix)], readOut, { signal });
      if (place === undefined) continue;
      shown ??= place;
      if (place.fits) longest = Math.max(longest, place.tokens);
      else refused++;
      if (place.begins > 1) doubled++;
      if (readOut === 'turn-end' ? place.ends !== 1 : place.ends > 1) endless++;
    } catch (error) {
      if (!(error instanceof UnanswerableRequest)) throw error;
      refused++;
    }
  }
  return [
    ...(shown === undefined ? [] : [placeFinding(shown.before, shown.read)]),
    {
      check: 'begin token',
      status: doubled > 0 ? 'bad' : 'good',
      detail: doubled > 0 ? `twice in ${plural(doubled, 'answer')}` : 'never twice',
    },
    {
      check: 'end token',
      status: endless > 0 ? 'bad' : 'good',
      detail:
        endless > 0
          ? `not once at the end of ${plural(endless, 'answer')}`
          : readOut === 'turn-end'
            ? 'once at the end of each answer'
            : 'never twice',
    },
    {
      check: 'lengths',
      status: refused === 0 ? 'good' : refused === texts.length ? 'bad' : 'note',
      detail: `none is cut; ${refused === 0 ? 'all' : count(texts.length - refused)} of ${plural(texts.length, 'answer')} fit the context of ${count(engine.info.contextSize)} tokens, the longest of these has ${count(longest)}${refused === 0 ? '' : `; ${count(refused)} would be left out`}`,
    },
  ];
}

function placeFinding(before: string, read: string): Finding {
  const visible = (text: string) => excerpt(JSON.stringify(text).slice(1, -1), 60);
  return { check: 'read at', status: 'good', detail: `${visible(before)} ▸${visible(read)}◂` };
}

function labelFindings({ kind, rows }: TrainingFiles): Finding[] {
  const set = labelSet(rows, kind, () => null);
  const { ties, soft, longer, mean } = balanceOf(set);
  const labels = kind === 'pairs' ? set.pairs.length : set.scores.length;
  const prompts = new Set([...set.pairs, ...set.scores].map(({ cluster }) => cluster)).size;
  const unused = Object.entries(rows.unused).map(([reason, n]) => `${reason} ${count(n)}`);
  const strong = longer !== null && ((longer.low ?? 0) > 0.6 || (longer.high ?? 1) < 0.4);
  return [
    {
      check: 'labels',
      status: prompts < 50 ? 'note' : 'good',
      detail: `${count(labels)} ${kind} of ${plural(prompts, 'prompt')}${kind === 'pairs' ? `, ${percent(ties)} ties` : `, mean ${mean.toFixed(2)}`}, ${percent(soft)} soft${unused.length > 0 ? `; unused: ${unused.join(', ')}` : ''}${prompts < 50 ? '; few prompts: expect wide intervals' : ''}`,
    },
    ...(longer === null
      ? []
      : [
          {
            check: 'length',
            status: strong ? ('note' as const) : ('good' as const),
            detail: `the longer answer is the better one in ${share(longer)}${strong ? ': a head may learn length' : ''}`,
          },
        ]),
  ];
}

function overfitFinding(overfit: { readonly rows: number; readonly accuracy: number } | null): Finding {
  if (overfit === null)
    return { check: 'learns by heart', status: 'note', detail: 'not tried: all labels are the same' };
  const { rows, accuracy } = overfit;
  const enough = accuracy >= byHeart;
  return {
    check: 'learns by heart',
    status: enough ? 'good' : 'bad',
    detail: `${percent(accuracy)} of ${count(rows)} labels${enough ? '' : ': a head with this many numbers must be able to; labels contradict each other, or the state is read where the answers do not show'}`,
  };
}
