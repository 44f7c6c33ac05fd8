/** `juror train PREFS…`: a reward head on hidden states of a local model. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { type HeadLoss, headLossKinds } from '../head/losses.ts';
import { openFeatures } from '../reward/features.ts';
import { trainHead } from '../reward/train.ts';
import { readTrainingFiles } from '../reward/training-files.ts';
import { kindsOf, lossFor, requireTaken } from '../reward/training-loss.ts';
import { writeTrainedHead } from '../reward/write-trained.ts';
import { addEngineFlags, openEngine } from './engine.ts';
import { openMachineFeatures } from './feature-store.ts';
import { flag, fraction, positiveNumber, wholeNumber } from './flags.ts';
import { addReadOutFlags, readingMeter, readOutOf } from './head-flags.ts';
import { interruptible } from './interrupt.ts';
import { createRefusals } from './judging.ts';
import { harmless, plural, processTerminal } from './terminal.ts';
import { describeTraining } from './training.ts';

/** The verb. */
export function trainCommand(): CommandUnknownOpts {
  return define().action(async (first, others, flags) => {
    process.exitCode = await interruptible((signal) => train([first, ...others], flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  const command = new Command('train')
    .description('train a reward head on preferences or labelled answers')
    .argument('<prefs>', 'preferences, or any labelled data that juror reads')
    .argument('[prefs...]', 'more of them')
    .addOption(flag('--out <dir>', 'the head: a folder').makeOptionMandatory())
    .addOption(
      flag('--loss <kind>', 'what is minimised (default: by the kind of labels)').choices(headLossKinds),
    )
    .addOption(
      flag(
        '--margin <m>',
        "how far the better answer must be ahead: none, data (the pairs' own) or a number (default: none; 1 for the margin loss)",
      ).argParser(readMargin),
    )
    .addOption(
      flag('--label-smoothing <share>', 'bradley-terry: labels are drawn towards ½').argParser(fraction(0.5)),
    )
    .addOption(
      flag('--flip-rate <share>', 'robust: share of the labels that are wrong').argParser(fraction(0.5)),
    )
    .addOption(
      flag('--center <n>', 'what the squared mean score of a pair costs (default: 0)').argParser(
        fraction(1e6),
      ),
    )
    .addOption(
      flag(
        '--ties <how>',
        'half: a target of ½; drop; odds: learn how likely ties are (davidson) (default: half)',
      ).choices(['half', 'drop', 'odds'] as const),
    )
    .addOption(
      flag('--quantiles <list>', 'quantile: such as 0.1,0.5,0.9').argParser((text) =>
        text.split(',').map((part) => positiveNumber(part)),
      ),
    )
    .addOption(flag('--l2 <n>', 'penalty on the weights, or auto').argParser(readPenalty).default('auto'))
    .addOption(
      flag(
        '--overall <label>',
        'several objectives: the label that compares answers to one prompt, to weigh the others (default: pairs in the data, or the mean)',
      ),
    )
    .addOption(
      flag('--gate <how>', 'several objectives: weights by the prompt, kept where they are better held out')
        .choices(['auto', 'never'] as const)
        .default('auto' as const),
    )
    .addOption(
      flag('--length-limit <rho>', 'several objectives: correlation with length that is allowed, or off')
        .argParser(readLengthLimit)
        .default(0.03),
    )
    .addOption(flag('--hidden <n>', 'units of a hidden layer').argParser(wholeNumber(0)).default(0))
    .addOption(
      flag('--members <k>', 'heads, each on its own resample of the prompts')
        .argParser(wholeNumber(1))
        .default(1),
    )
    .addOption(
      flag('--holdout <share>', 'of the prompts, by their hash').argParser(fraction(0.9)).default(0.2),
    )
    .addOption(flag('--anchors <file>', 'a test set of its own, in place of --holdout'))
    .addOption(
      flag('--error-rate <share>', 'share of all comparisons that may be decided wrongly')
        .argParser(fraction(0.5))
        .default(0.1),
    )
    .option('--no-weights-per-prompt', 'each row counts alike, however many its prompt has')
    .addOption(flag('--seed <n>', 'of everything random').argParser(wholeNumber(0)).default(0))
    .addOption(flag('--name <name>', 'of the head').default('reward'))
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress');
  return addEngineFlags(addReadOutFlags(command));
}

async function train(files: readonly string[], flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  const loss = lossOf(flags);
  const refusals = createRefusals(terminal);
  const reading = { onBadRow: refusals.refuse, signal };
  const kinds = loss === undefined ? [] : kindsOf(loss.kind);
  // Nothing that can be known now may cost a model's loading.
  const data = await readTrainingFiles(files, {
    ...reading,
    kind: kinds.length === 1 ? kinds[0] : undefined,
  });
  const labels = { margin: marginOf(flags), ties: flags.ties === 'odds' ? undefined : flags.ties };
  const chosen = lossFor(data, loss, { margin: labels.margin, overall: flags.overall });
  requireTaken(chosen.kind, labels, (option) => `--${option}`);
  const anchors =
    flags.anchors === undefined
      ? undefined
      : await readTrainingFiles([flags.anchors], { ...reading, kind: data.kind });
  const listen: Listener = (event) => {
    if (event.type === 'engine-restart') terminal.note(`juror: ${harmless(event.reason)}; starting it again`);
    if (event.type === 'warning') terminal.warn(`juror: ${harmless(event.message)}`);
  };
  const opened = await openEngine(flags, terminal, signal, listen);
  await using engine = opened.engine;
  using store = openMachineFeatures(flags);
  const features = await openFeatures(engine, store, readOutOf(flags));
  terminal.note(`${opened.description}, read at ${features.spec.readOut}`);
  const meter = readingMeter(terminal, 'read');
  const trained = await trainHead({
    features,
    data,
    anchors,
    loss,
    l2: flags.l2,
    overall: flags.overall,
    gate: flags.gate,
    lengthLimit: flags.lengthLimit,
    hidden: flags.hidden,
    members: flags.members,
    holdout: flags.holdout,
    errorRate: flags.errorRate,
    seed: flags.seed,
    name: flags.name,
    ...labels,
    weightsPerPrompt: flags.weightsPerPrompt,
    signal,
    onEvent: listen,
    onProgress: meter.update,
  })
    .catch((error: unknown) => {
      if (!(JurorError.isInstance(error) && error.code === 'aborted')) throw error;
      throw new JurorError(
        'aborted',
        'interrupted; what was read is kept, the same command goes on from there',
      );
    })
    .finally(meter.stop);
  const { record } = trained;
  const head = await writeTrainedHead(flags.out, trained);
  const { read, found } = trained.reading;
  if (flags.json) {
    const content = {
      ...record,
      digest: head.digest,
      tokens: { read, found },
      refusedRows: refusals.count(),
      out: flags.out,
    };
    terminal.print(JSON.stringify(content, null, 2));
  } else {
    terminal.print(describeTraining(trained, data.rows.unused));
    if (refusals.count() > 0)
      terminal.print(`\n${plural(refusals.count(), 'row')} refused; see the messages above`);
    terminal.print(`\n${harmless(flags.out)}`);
  }
  return refusals.count() > 0 ? 2 : 0;
}

/** The loss that the flags ask for; flags that it does not take are an error. */
function lossOf(flags: Flags): HeadLoss | undefined {
  const { labelSmoothing, flipRate, center, quantiles, margin, ties } = flags;
  const odds = ties === 'odds';
  const kind =
    flags.loss ??
    (odds
      ? 'davidson'
      : flipRate !== undefined
        ? 'robust'
        : labelSmoothing !== undefined || center !== undefined
          ? 'bradley-terry'
          : undefined);
  if (odds && kind !== 'davidson')
    throw new JurorError('usage', `--ties odds: expected the loss davidson, got ${kind}`);
  if (kind === undefined) return undefined;
  // Whatever the loss does not take is named by the library, together with what it takes.
  return {
    kind,
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
    ...(flipRate === undefined ? {} : { flipRate }),
    ...(center === undefined ? {} : { centering: center }),
    ...(quantiles === undefined ? {} : { quantiles }),
    ...(kind === 'margin' && margin !== undefined ? { margin: typeof margin === 'number' ? margin : 0 } : {}),
  } as HeadLoss;
}

/** Margins of pairs; a number is an option of the margin loss itself. */
function marginOf({ margin = 'none', loss }: Flags): 'none' | 'data' | number {
  return loss === 'margin' && margin !== 'data' ? 'none' : margin;
}

function readMargin(text: string): 'none' | 'data' | number {
  if (text === 'none' || text === 'data') return text;
  return fraction(1e6)(text);
}

function readLengthLimit(text: string): number | null {
  return text === 'off' ? null : fraction(0.99)(text);
}

function readPenalty(text: string): 'auto' | number {
  return text === 'auto' ? text : fraction(1e9)(text);
}
