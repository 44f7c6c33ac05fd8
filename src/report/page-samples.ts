/** Samples in full: what was judged, and how. */
import { judged, type Markup, markup, visible } from './markup.ts';
import { dataText, judgedText, name, shareRow } from './parts.ts';
import type { Reading, RunReport, SampleText, ShownSample, UnscoredSample } from './report.ts';
import { type Column, dataTable } from './table.ts';
import { decimal, percent, plural } from './text.ts';

/** The contested samples of a rubric. */
export function contestedPart(samples: readonly ShownSample[], texts: RunReport['texts']): Markup {
  if (samples.length === 0) return markup``;
  return markup`<h3>Most contested</h3>
<p class="soft">The ${plural(samples.length, 'verdict')} that are nearest to one half, whose orders or judges disagree, or that are not as the label says, the most contested first.</p>
${texts.state === 'missing' && markup`<p class="soft">${texts.reason}</p>`}
${texts.state === 'redacted' && markup`<p class="soft">Prompts, answers and critiques are left out of this report.</p>`}
<ol class="samples">${samples.map((sample) => markup`<li>${shownSample(sample)}</li>\n`)}</ol>`;
}

/** The first verdicts without a score. */
export function unscoredPart(samples: readonly UnscoredSample[], total: number): Markup {
  if (samples.length === 0) return markup``;
  const columns: Column[] = [
    { name: 'Sample' },
    { name: 'Answers' },
    { name: 'Reason' },
    { name: 'What happened' },
  ];
  const rows = samples.map(({ sampleId, responseIds, reasons, message }) => [
    name(sampleId),
    responseIds.map((id, place) => markup`${place > 0 && ', '}${name(id)}`),
    reasons.join(', '),
    message === null ? '–' : judged(dataText(message)),
  ]);
  const more = total > samples.length ? ` The first ${samples.length} of ${total}.` : '';
  return markup`<h3>Without a score</h3><p class="soft">No figure counts these as right, wrong or zero.${more}</p>${dataTable('Verdicts without a score', columns, rows)}`;
}

function shownSample(sample: ShownSample): Markup {
  const { verdict, text, responses, readings, group } = sample;
  return markup`<details><summary><b>${name(sample.sampleId)}</b>${verdict.mode !== 'pairwise' && responses.map(({ id }) => markup` <span class="soft">answer ${name(id)}</span>`)}${tags(sample)}<span class="say">${conclusion(sample)}</span></summary>
<div class="inside">
${text !== null && promptPart(text)}
${text !== null && markup`<div class="sides">${responses.map((response) => markup`<div><h4>Answer ${name(response.id)}${response.model !== null && markup` by ${name(response.model)}`}</h4>${response.text !== null && judgedText(response.text)}</div>`)}</div>`}
${text?.reference != null && markup`<h4>Reference</h4>${judgedText(text.reference)}`}
${verdict.steps !== undefined && stepsPart(verdict.steps)}
${readingsPart(readings)}
<h4>Record</h4>
<dl><dt>Score</dt><dd>${decimal(verdict.score, 3)}${verdict.positionLean !== null && ` · position lean ${decimal(verdict.positionLean)} nats`}${verdict.disagreement !== null && ` · spread ${decimal(verdict.disagreement)}`}</dd>
${sample.label !== null && markup`<dt>Label</dt><dd>${name(sample.label)}</dd>`}
${group !== null && markup`<dt>Group</dt><dd>${name(group)}</dd>`}
${verdict.abstained && markup`<dt>Abstains</dt><dd>${verdict.abstained.reasons.map(({ message }) => message).join('; ')}</dd>`}
${verdict.panel?.members.map(({ engine, score, reason }) => markup`<dt>${name(engine)}</dt><dd>${score === null ? (reason ?? 'no score') : decimal(score, 3)}</dd>`)}
${text !== null && metadataRows(text.metadata)}</dl>
</div></details>`;
}

function conclusion({ verdict, label }: ShownSample): Markup {
  const { score, winner, probability, mode, firstError, steps } = verdict;
  const said =
    mode === 'pairwise'
      ? winner === 'tie'
        ? markup`tie`
        : markup`${name(winner ?? '')} is better with ${percent(probability)}`
      : mode === 'stepwise'
        ? markup`lowest step ${decimal(score)}, ${firstError === null || firstError === undefined ? 'no error seen' : `first error in step ${firstError + 1}`} of ${steps?.length ?? 0}`
        : markup`score ${decimal(score)}`;
  return label === null ? said : markup`${said}; label ${name(label)}`;
}

function tags({ verdict, contest }: ShownSample): Markup[] {
  const tag = (kind: string, text: string) => markup` <span class="tag ${kind}">${text}</span>`;
  return [
    ...(contest.againstLabel > 0.5 ? [tag('failed', 'against the label')] : []),
    ...(contest.flipped > 0 ? [tag('incomplete', 'orders disagree')] : []),
    ...(contest.disagreement >= 0.2
      ? [tag('incomplete', verdict.panel ? 'judges disagree' : 'critiques disagree')]
      : []),
    ...(verdict.abstained ? [tag('plain', 'abstains')] : []),
    ...(verdict.contentFree ? [tag('plain', 'answer without content')] : []),
  ];
}

function promptPart({ prompt }: SampleText): Markup {
  if (typeof prompt === 'string') return markup`<h4>Prompt</h4>${judgedText(prompt)}`;
  return markup`${prompt.map(({ role, content }) => markup`<h4>Prompt, ${role}</h4>${judgedText(content)}`)}`;
}

function stepsPart(steps: NonNullable<ShownSample['verdict']['steps']>): Markup {
  return markup`<h4>Each step is good</h4><div class="share">${steps.map(({ probability, reason }, place) =>
    probability === null
      ? markup`<span>step ${place + 1}</span><span class="soft">unscored: ${reason}</span><span></span>`
      : shareRow(`step ${place + 1}`, probability),
  )}</div>`;
}

/** Readings by the order in which answers were shown, each order a column. */
function readingsPart(readings: readonly Reading[]): Markup {
  const orders = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = JSON.stringify(reading.responseIds);
    orders.set(key, [...(orders.get(key) ?? []), reading]);
  }
  const several = {
    engines: new Set(readings.map(({ engine }) => engine)).size > 1,
    criteria: new Set(readings.map(({ criterionId }) => criterionId)).size > 1,
  };
  return markup`<div class="sides">${[...orders.values()].map((own) => orderPart(own, several))}</div>`;
}

function orderPart(own: readonly Reading[], several: { engines: boolean; criteria: boolean }): Markup {
  const ids = own[0]?.responseIds ?? [];
  const heading =
    ids.length > 1
      ? markup`Judged with ${ids.map((id, place) => markup`${place > 0 && ', then '}${name(id)}`)}`
      : markup`As judged`;
  const critiques = new Map<string, NonNullable<Reading['critique']>>();
  for (const { critique } of own) if (critique) critiques.set(JSON.stringify(critique), critique);
  return markup`<div><h4>${heading}</h4>${own.map((reading) => markup`${readingName(reading, several)}${readOut(reading)}`)}
${[...critiques.values()].map(({ text, finish }) => markup`<h4>Critique${finish !== 'stop' && `, cut (${finish})`}</h4>${judgedText(text)}`)}</div>`;
}

function readingName(
  { engine, criterionId, sampleIndex, step }: Reading,
  { engines, criteria }: { engines: boolean; criteria: boolean },
): Markup {
  const parts = [
    ...(criteria ? [criterionId] : []),
    ...(engines ? [visible(engine)] : []),
    ...(step === null ? [] : [`step ${step + 1}`]),
    ...(sampleIndex > 0 ? [`sample ${sampleIndex + 1}`] : []),
  ];
  return parts.length === 0 ? markup`` : markup`<span class="small soft">${parts.join(' · ')}</span>`;
}

/** Answers by their own names, whatever they were shown as. */
function readOut({ outcome, responseIds }: Reading): Markup {
  if (outcome.status === 'unscored')
    return markup`<p class="small">unscored: ${outcome.reason}${outcome.message !== null && markup`, ${judged(dataText(outcome.message))}`}</p>`;
  const named = new Map(responseIds.length > 1 ? responseIds.map((id, place) => ['AB'[place], id]) : []);
  return markup`<div class="share">${Object.entries(outcome.distribution).map(([label, share]) =>
    shareRow(name(named.get(label) ?? label), share),
  )}</div>`;
}

function metadataRows(metadata: SampleText['metadata']): Markup[] {
  return Object.entries(metadata)
    .slice(0, 50)
    .map(([key, value]) => markup`<dt>${name(key)}</dt><dd>${judged(dataText(value))}</dd>`);
}
