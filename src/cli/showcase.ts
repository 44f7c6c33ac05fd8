/** The first samples of a run in full: texts, critiques, distributions, verdict. */
import type { Listener } from '../events.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { excerpt, harmless, percent, type Terminal } from './terminal.ts';

/** Collects what is to be shown. */
export interface Showcase {
  readonly listen: Listener;
  /** Pass samples through, remembering the first ones. */
  watch(samples: AsyncIterable<Sample>): AsyncGenerator<Sample>;
  text(terminal: Terminal): string;
}

const width = 100;

/** Show the first `limit` samples. */
export function createShowcase(limit: number, rubrics: readonly LoadedRubric[]): Showcase {
  const samples = new Map<string, Sample>();
  const judgments = new Map<string, Judgment[]>();
  const verdicts: Verdict[] = [];
  return {
    listen(event) {
      if (event.type === 'verdict-finish' && samples.has(event.verdict.sampleId))
        verdicts.push(event.verdict);
      if (event.type === 'judgment-finish') {
        const { key } = event.judgment;
        if (limit > 0 && judgments.size < 1000) judgments.set(key, [event.judgment]);
      }
    },
    async *watch(stream) {
      for await (const sample of stream) {
        if (samples.size < limit) samples.set(sample.id, sample);
        yield sample;
      }
    },
    text(terminal) {
      const order = [...samples.keys()];
      const sorted = verdicts.toSorted(
        (left, right) => order.indexOf(left.sampleId) - order.indexOf(right.sampleId),
      );
      return sorted
        .map((verdict) => {
          const own = verdict.judgments.flatMap((key) => judgments.get(key) ?? []);
          const sample = samples.get(verdict.sampleId);
          return sample ? describe(sample, verdict, own, rubrics, terminal) : '';
        })
        .join('\n\n');
    },
  };
}

function describe(
  sample: Sample,
  verdict: Verdict,
  judgments: readonly Judgment[],
  rubrics: readonly LoadedRubric[],
  terminal: Terminal,
): string {
  const prompt = typeof sample.prompt === 'string' ? sample.prompt : (sample.prompt.at(-1)?.content ?? '');
  const shown = sample.responses.filter(({ id }) => verdict.responseIds.includes(id));
  const several =
    (rubrics.find(({ rubric }) => rubric.id === verdict.rubricId)?.rubric.criteria.length ?? 1) > 1;
  const lines = [
    terminal.style('bold', harmless(`${verdict.sampleId} · ${verdict.rubricId}`)),
    `  prompt   ${excerpt(prompt, width)}`,
    ...shown.map(({ id, text }) => `  ${harmless(id).padEnd(8)} ${excerpt(text, width)}`),
  ];
  const ordered = judgments.toSorted((left) => (left.responseIds[0] === verdict.responseIds[0] ? -1 : 1));
  for (const judgment of ordered) {
    const name = verdict.mode === 'pairwise' ? `${judgment.responseIds.join(' then ')}: ` : '';
    if (judgment.critique)
      lines.push(
        `  critique ${name}${excerpt(judgment.critique.text, width * 3)}${judgment.critique.finish === 'length' ? ' [cut]' : ''}`,
      );
    lines.push(`  read     ${name}${several ? `${judgment.criterionId} ` : ''}${distribution(judgment)}`);
  }
  lines.push(
    `  verdict  ${terminal.style('cyan', conclusion(verdict))}${sample.label === undefined ? '' : ` · label ${excerpt(JSON.stringify(sample.label), 60)}`}`,
  );
  return lines.join('\n');
}

function distribution({ outcome, responseIds }: Judgment): string {
  if (outcome.status === 'unscored')
    return `unscored (${outcome.reason}): ${excerpt(outcome.message, width)}`;
  const pair = responseIds.length > 1;
  return Object.entries(outcome.distribution)
    .map(
      ([label, p]) =>
        `${pair && label === 'A' ? `A (${responseIds[0]})` : pair && label === 'B' ? `B (${responseIds[1]})` : label} ${percent(p)}`,
    )
    .join(' · ');
}

function conclusion(verdict: Verdict): string {
  if (verdict.score === null) return `unscored (${verdict.unscored.join(', ')})`;
  if (verdict.mode === 'pointwise') return `score ${verdict.score.toFixed(3)}`;
  const flipped = verdict.flipped ? ', the orders disagree' : '';
  return `${harmless(verdict.winner ?? '')} with ${percent(verdict.probability)}${flipped}`;
}
