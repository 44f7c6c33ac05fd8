/** Judge without a model, from a recording: for tests and demonstrations. `node examples/replay.ts` */
import { createJudge, JurorError, loadRubric, openReplay, readSamples } from 'juror';

await using engine = await openReplay('fixtures/recordings/smollm2-135m.jsonl');
const judge = createJudge({ engine, rubrics: [await loadRubric('better-answer')], critique: 'brief' });

for await (const { sampleId, winner } of judge.judgeAll(
  readSamples('fixtures/demo/pairs.jsonl', { limit: 2 }),
))
  console.log(`${sampleId}: ${winner}`);

// What was not recorded is an error, never an invented answer.
const unknown = {
  id: 'new',
  prompt: 'Hello?',
  responses: [
    { id: 'a', text: 'Hi.' },
    { id: 'b', text: 'Bye.' },
  ],
};
await judge
  .judge(unknown)
  .catch((error) => console.log(JurorError.isInstance(error) ? error.message : error));
