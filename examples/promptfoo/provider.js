/** The local model as promptfoo's provider. */
export { JurorProvider as default } from 'juror/promptfoo';
