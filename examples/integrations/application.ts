/** The application that is tested: here a table of answers, in your project the thing that calls a model. */
const answers: Readonly<Record<string, string>> = {
  'What is the capital of Australia?': 'Canberra.',
  'What is the capital of Canada?': 'The capital of Canada is Toronto.',
};

/** What is asked, and what should come. */
export const questions = [
  { input: 'What is the capital of Australia?', expected: 'Canberra' },
  { input: 'What is the capital of Canada?', expected: 'Ottawa' },
] as const;

/** One answer of the application. */
export async function ask(question: string): Promise<string> {
  return answers[question] ?? 'I do not know.';
}
