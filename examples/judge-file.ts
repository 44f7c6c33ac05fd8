/** Judge a file into a run folder, and go on where it stopped: `node examples/judge-file.ts DATA FOLDER` */
import { createJudge, exportVerdicts, type JurorError, loadRubric, openJudgingRun, readSamples } from 'juror';
import { openEngine } from './engine.ts';

const [data = 'fixtures/demo/pairs.jsonl', folder = '.juror/examples/pairs'] = process.argv.slice(2);

await using engine = await openEngine();
const rubrics = [await loadRubric('better-answer')];
const { protocol } = createJudge({ engine, rubrics, critique: 'brief' });

// The run's journal is the judge's store: what it holds is found, not judged again.
await using run = await openJudgingRun(folder, { engine, rubrics, protocol });
const judge = createJudge({ engine, rubrics, store: run.store, ...protocol });

const refused: JurorError[] = [];
const samples = readSamples(data, { limit: 4, onBadRow: (error) => refused.push(error) });
for await (const { sampleId, winner, probability, flipped } of judge.judgeAll(samples))
  console.log(`${sampleId}: ${winner} ${probability?.toFixed(3)}${flipped ? ' (orders disagree)' : ''}`);

for (const { place, message } of refused) console.log(`line ${place.line} was refused: ${message}`);
const { counts } = await exportVerdicts(run);
console.log(`${counts.verdicts} verdicts from ${counts.judgments} judgments`);
