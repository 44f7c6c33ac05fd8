/** The local model as the grader of llm-rubric. */
export { JurorGrader as default } from 'juror/promptfoo';
