/** Verdicts of a run for people: the first samples in full, with texts, critiques and probabilities, the others a line each. */
import type { Listener } from '../events.ts';
import { engineIdentity } from '../judge/identity.ts';
import type { StepSource } from '../judge/stepwise.ts';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { concludeSteps, describeProcessLabel, describeSteps } from './solution.ts';
import { bar, excerpt, harmless, percent, type Terminal, table, wrap } from './terminal.ts';

/** Collects what is to be shown. */
export interface Showcase {
  readonly listen: Listener;
  /** Pass samples through, remembering the first ones. */
  watch(samples: AsyncIterable<Sample>): AsyncGenerator<Sample>;
  text(terminal: Terminal): string;
}

/** Verdicts listed in one line each; the rest is only counted. */
const listed = 40;
/** Judgments in flight whose verdict has not come yet. */
const remembered = 1000;
const indent = 11;

/** Show the first `limit` samples in full, cut into steps as they were judged. Shows nothing when it is 0. */
export function createShowcase(limit: number, steps: StepSource): Showcase {
  const samples = new Map<string, Sample>();
  const judgments = new Map<string, Judgment>();
  const shown: {
    readonly sample: Sample;
    readonly verdict: Verdict;
    readonly judgments: readonly Judgment[];
  }[] = [];
  const others: Verdict[] = [];
  let uncounted = 0;
  return {
    listen(event) {
      if (limit === 0) return;
      if (event.type === 'judgment-finish') {
        judgments.set(event.judgment.key, event.judgment);
        const [oldest] = judgments.keys();
        if (judgments.size > remembered && oldest !== undefined) judgments.delete(oldest);
      }
      if (event.type !== 'verdict-finish') return;
      const { verdict } = event;
      const sample = samples.get(verdict.sampleId);
      if (sample)
        shown.push({
          sample,
          verdict,
          judgments: verdict.judgments.flatMap((key) => judgments.get(key) ?? []),
        });
      else if (others.length < listed) others.push(verdict);
      else uncounted++;
    },
    async *watch(stream) {
      for await (const sample of stream) {
        if (samples.size < limit) samples.set(sample.id, sample);
        yield sample;
      }
    },
    text(terminal) {
      const order = [...samples.keys()];
      const place = ({ sample }: { readonly sample: Sample }) => order.indexOf(sample.id);
      const full = shown
        .toSorted((left, right) => place(left) - place(right))
        .map(({ sample, verdict, judgments }) => describe(sample, verdict, judgments, { terminal, steps }));
      return [...full, ...(others.length > 0 ? [list(others, uncounted)] : [])].join('\n\n');
    },
  };
}

function describe(
  sample: Sample,
  verdict: Verdict,
  judgments: readonly Judgment[],
  { terminal, steps }: { readonly terminal: Terminal; readonly steps: StepSource },
): string {
  const prompt = typeof sample.prompt === 'string' ? sample.prompt : (sample.prompt.at(-1)?.content ?? '');
  const lines = [terminal.style('bold', `${harmless(verdict.sampleId)} · ${verdict.rubricId}`)];
  const say = (name: string, text: string, most: number) => {
    const label = terminal.style('dim', excerpt(name, indent - 3).padEnd(indent - 2));
    const [first, ...rest] = wrap(text, terminal.width - indent, most);
    lines.push(`  ${label}${first}`, ...rest.map((line) => ' '.repeat(indent) + line));
  };
  say('prompt', prompt, 2);
  const solution = verdict.mode === 'stepwise';
  for (const { id, text } of sample.responses)
    if (verdict.responseIds.includes(id) && !solution) say(id, text, 3);
  if (solution)
    for (const { name, text, most } of describeSteps(sample, verdict, judgments, steps))
      say(name, text, most);
  const orders = Map.groupBy(solution ? [] : judgments, ({ responseIds }) => responseIds[0] ?? '');
  for (const [first, own] of [...orders].sort(([left]) => (left === verdict.responseIds[0] ? -1 : 1))) {
    if (verdict.mode === 'pairwise')
      lines.push(`  ${terminal.style('dim', `with ${harmless(first)} shown first:`)}`);
    for (const text of new Set(own.map(({ critique }) => JSON.stringify(critique)))) {
      const critique: Judgment['critique'] = JSON.parse(text);
      if (critique) say('critique', critique.finish === 'stop' ? critique.text : `${critique.text} [cut]`, 8);
    }
    const several = new Set(own.map(({ engine }) => engineIdentity(engine))).size > 1;
    const criteria = new Set(own.map(({ criterionId }) => criterionId)).size;
    for (const judgment of own) {
      const who = several ? `${judgment.engine.model}: ` : '';
      say(
        criteria > 1 || (!several && own.length > 1) ? judgment.criterionId : 'read',
        who + readOut(judgment),
        2,
      );
    }
  }
  const flipped = verdict.flipped ? ', the orders disagree' : '';
  const label = verdict.label === undefined ? '' : ` · label ${labelOf(verdict, 60)}`;
  const abstained = verdict.abstained ? `, abstains: ${kindsOf(verdict)}` : '';
  const end = `${terminal.style('cyan', conclusion(verdict))}${flipped}${abstained}${label}`;
  lines.push(`  ${terminal.style('dim', 'verdict'.padEnd(indent - 2))}${end}`);
  return lines.join('\n');
}

/** `a ██████░░░░ 61.2 % · b 38.8 %`: the answers by their own names, whatever they were shown as. */
function readOut({ outcome, responseIds }: Judgment): string {
  if (outcome.status === 'unscored') return `unscored (${outcome.reason}): ${outcome.message}`;
  const named = new Map(responseIds.length > 1 ? responseIds.map((id, index) => ['AB'[index], id]) : []);
  const shares = Object.entries(outcome.distribution).map(([label, p]) => ({
    name: named.get(label) ?? label,
    p,
  }));
  if (named.size > 0) shares.sort((left, right) => (left.name < right.name ? -1 : 1));
  const withBar = shares.length < 4 ? 0 : -1;
  return shares
    .map(({ name, p }, index) => `${name} ${index === withBar ? `${bar(p, 20)} ` : ''}${percent(p)}`)
    .join(' · ');
}

function list(verdicts: readonly Verdict[], uncounted: number): string {
  const rows = verdicts.map((verdict) => {
    const { sampleId, responseIds, mode, flipped } = verdict;
    const alone = mode !== 'pairwise' && responseIds[0] !== 'response';
    const name = excerpt(alone ? `${sampleId} · ${responseIds[0]}` : sampleId, 50);
    return [name, conclusion(verdict), labelOf(verdict, 20), flipped ? 'disagree' : ''];
  });
  const orders = verdicts.some(({ mode }) => mode === 'pairwise') ? ['orders'] : [];
  const shown = rows.map((row) => row.slice(0, 3 + orders.length));
  const more = uncounted > 0 ? `\n… and ${uncounted} more` : '';
  return table(['sample', 'verdict', 'label', ...orders], shown) + more;
}

function conclusion(verdict: Verdict): string {
  if (verdict.score === null)
    return `unscored (${harmless(verdict.panel?.reason ?? verdict.unscored.join(', '))})`;
  if (verdict.mode === 'stepwise') return concludeSteps(verdict);
  if (verdict.mode === 'pointwise') return `score ${verdict.score.toFixed(3)}`;
  if (verdict.winner === 'tie') return 'tie';
  return `${harmless(verdict.winner ?? '')} with ${percent(verdict.probability)}`;
}

function kindsOf({ abstained }: Verdict): string {
  return (abstained?.reasons ?? []).map(({ kind }) => kind).join(', ');
}

function labelOf({ label }: Verdict, width: number): string {
  if (label === undefined) return '';
  const ofSteps = describeProcessLabel(label);
  if (ofSteps !== undefined) return excerpt(ofSteps, width * 2);
  return excerpt(typeof label === 'object' ? JSON.stringify(label) : String(label), width);
}
