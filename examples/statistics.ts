/** Figures one can defend, without a model. `node examples/statistics.ts` */
import {
  bradleyTerry,
  clusterBootstrap,
  correctedRate,
  type Figure,
  krippendorffAlpha,
  rankTable,
  reduceScores,
} from 'juror/statistics';

const text = ({ estimate, low, high }: Figure) =>
  `${estimate?.toFixed(3)} [${low?.toFixed(3) ?? '–'}, ${high?.toFixed(3) ?? '–'}]`;

// Three people rated eight answers; one of them left two out.
const ratings = [
  [1, 1, 1],
  [1, 1, 2],
  [2, 2, null],
  [3, 3, 3],
  [3, 2, 3],
  [1, 1, 1],
  [2, 2, null],
  [3, 3, 2],
];
const prompts = ratings.map((_, row) => `prompt ${row}`);
console.log(`α of the raters ${text(clusterBootstrap(krippendorffAlpha(ratings, 'ordinal'), prompts))}`);

// The judge passed 130 of 200 answers; on 60 that people labelled it was wrong 12 times.
const judged = Array.from({ length: 200 }, (_, row) => row < 130);
const checked = Array.from({ length: 60 }, (_, row) => ({ judged: row < 36, truth: row < 30 || row >= 54 }));
const { rate, apparent } = correctedRate(
  { judged, clusters: judged.map((_, row) => `answer ${row}`) },
  {
    judged: checked.map((row) => row.judged),
    truth: checked.map((row) => row.truth),
    clusters: checked.map((_, row) => `labelled ${row}`),
  },
);
console.log(`pass rate as judged ${text(apparent)}, corrected ${text(rate)}`);

// Soft wins between three answers.
const comparisons = [
  { first: 0, second: 1, probability: 0.7 },
  { first: 1, second: 2, probability: 0.8 },
  { first: 0, second: 2, probability: 0.85 },
];
for (const { item, strength, elo } of rankTable(3, bradleyTerry(3, comparisons), 'model'))
  console.log(`answer ${item}: ${strength.estimate?.toFixed(2)} nats, Elo ${elo?.toFixed(0)}`);

// A panel with one silent judge of two says so, and has no score unless that was declared enough.
const panel = [
  { id: 'small', value: 0.7 },
  { id: 'large', value: null, reason: 'context' },
];
console.log(reduceScores(panel, { kind: 'mean' }, { quorum: 'all' }).reason);
