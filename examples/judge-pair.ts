/** Which of two answers is better? `node examples/judge-pair.ts` */
import { createJudge, loadRubric } from 'juror';
import { openEngine } from './engine.ts';

await using engine = await openEngine();
const judge = createJudge({
  engine,
  rubrics: [await loadRubric('better-answer')],
  critique: 'brief',
  onEvent(event) {
    if (event.type !== 'judgment-finish') return;
    const { responseIds, critique, outcome } = event.judgment;
    console.log(`${responseIds.join(' then ')}: ${critique?.text}`);
    if (outcome.status === 'scored') console.log(outcome.distribution);
  },
});

const [verdict] = await judge.judge({
  id: 'weekdays',
  prompt: 'Name the two days of the weekend, and nothing else.',
  responses: [
    { id: 'short', text: 'Saturday and Sunday.' },
    { id: 'chatty', text: 'Great question! There are seven days in a week, and I like all of them.' },
  ],
});

console.log(`winner: ${verdict?.winner}, probability ${verdict?.probability?.toFixed(3)}`);
if (verdict?.flipped) console.log('the two orders disagree: treat this verdict as a coin');
