/**
 * juror in promptfoo: an assertion, a grader for `llm-rubric`, and the local model as a provider.
 *
 * ```yaml
 * # promptfooconfig.yaml
 * providers:
 *   - id: package:juror/promptfoo:JurorProvider
 *     config: { model: smollm2-135m, maxTokens: 64 }
 * tests:
 *   - vars: { question: What is the capital of France?, reference: Paris }
 *     assert:
 *       - type: javascript
 *         value: package:juror/promptfoo:assertion
 *         config: { rubric: answer-correctness, threshold: 0.5 }
 * ```
 *
 * @module
 */
export { assertion, createAssertion, type JurorAssertionOptions } from './promptfoo-assertion.ts';
export {
  JurorGrader,
  type JurorGraderConfig,
  JurorProvider,
  type JurorProviderConfig,
} from './promptfoo-provider.ts';
export type {
  PromptfooAssertionContext,
  PromptfooCallContext,
  PromptfooGrading,
  PromptfooProviderOptions,
  PromptfooResponse,
  PromptfooTokens,
} from './promptfoo-types.ts';
