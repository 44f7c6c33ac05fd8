/** Rewards from a run, with weights that depend on the prompt: `node examples/rewards.ts RUN` */
import { combineRewards, readRewardAnswers, readRun } from 'juror';

await using run = await readRun(process.argv[2] ?? '.juror/runs/rewards');
const answers = await readRewardAnswers([run], { panel: { reducer: 'mean', quorum: 'all' } });

const { rewards } = combineRewards(answers, {
  weights: ({ subsets }) => ({ helpfulness: 1, honesty: subsets.includes('correct-vs-wrong') ? 3 : 1 }),
  gates: [{ objective: 'safety', below: 0.85, cap: 0.3 }],
  after: 'rloo',
});
for (const { sampleId, responseId, score, reason, rank, pareto, capped } of rewards.slice(0, 4)) {
  const notes = [pareto ? ', on the front' : '', capped.length > 0 ? `, capped by ${capped.join(', ')}` : ''];
  console.log(`${sampleId} ${responseId}: ${score?.toFixed(3) ?? reason}, rank ${rank}${notes.join('')}`);
}
