/** A juror rubric as an assertion. */
export { assertion as default } from 'juror/promptfoo';
