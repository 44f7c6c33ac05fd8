/** An answer as it stands after each of its steps. */

/**
 * The text up to the end of each step, as it is written; where a step does not stand in the text after the one before it, the steps on their
 * own, a line each.
 */
export function textsUpToSteps(text: string, steps: readonly string[]): string[] {
  const ends: number[] = [];
  let end = 0;
  for (const step of steps) {
    const start = text.indexOf(step, end);
    if (start < 0) return steps.map((_, index) => steps.slice(0, index + 1).join('\n'));
    end = start + step.length;
    ends.push(end);
  }
  return ends.map((place) => text.slice(0, place));
}
