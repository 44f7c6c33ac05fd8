/** Scales: the labels a criterion allows, what each is worth, and how the prompt words them. */
import { JurorError } from './errors.ts';
import type { Scale } from './schema.ts';

/** Every label in order: an integer scale ascending, a choice scale as its choices are written. */
export function scaleLabels(scale: Scale): string[] {
  if (scale.kind === 'choice') return Object.keys(scale.choices);
  return Array.from({ length: scale.max - scale.min + 1 }, (_, index) => String(scale.min + index));
}

/** Score of a label in [0, 1]: (v − min) / (max − min) on an integer scale. Throws JurorError `rubric` for an unknown label. */
export function scoreOf(scale: Scale, label: string): number {
  if (scale.kind === 'choice') {
    const score = Object.hasOwn(scale.choices, label) ? scale.choices[label] : undefined;
    if (score !== undefined) return score;
  } else if (/^(0|-?[1-9]\d*)$/.test(label)) {
    const value = Number(label);
    if (value >= scale.min && value <= scale.max) return (value - scale.min) / (scale.max - scale.min);
  }
  throw new JurorError('rubric', `expected ${describeLabels(scale)}, got '${label}'`);
}

/** The levels for the prompt: one line `label: description` each; without descriptions, the range or the choices in words. */
export function describeScale(scale: Scale): string {
  const anchors = scale.anchors ?? {};
  const labels = scaleLabels(scale);
  const described = labels.filter((label) => Object.hasOwn(anchors, label));
  const line = (label: string) => `${label}: ${oneLine(anchors[label] ?? '')}`;
  if (scale.kind === 'integer') {
    const range = `an integer from ${scale.min} (worst) to ${scale.max} (best)`;
    return [...(described.length < labels.length ? [range] : []), ...described.map(line)].join('\n');
  }
  if (described.length === 0) return describeLabels(scale);
  return labels.map((label) => (Object.hasOwn(anchors, label) ? line(label) : label)).join('\n');
}

/** The labels in a phrase: `a number from 1 to 5`, `A, B or tie`. */
export function describeLabels(scale: Scale): string {
  if (scale.kind === 'integer') return `a number from ${scale.min} to ${scale.max}`;
  const labels = scaleLabels(scale);
  return labels.length < 2 ? labels.join('') : `${labels.slice(0, -1).join(', ')} or ${labels.at(-1)}`;
}

/** The text with every run of white space, line breaks included, as one space. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
