/** Figures and reasons in words. */

/** @typedef {import('../api.ts').ViewAgreement['pairs'][number]['kappa']} Estimate */

const counts = new Intl.NumberFormat('en');

/**
 * A count: `12,345`.
 * @param {number} value
 */
export function count(value) {
  return counts.format(value);
}

/**
 * A count with its noun.
 * @param {number} value
 * @param {string} noun
 * @param {string} [plural]
 */
export function counted(value, noun, plural = `${noun}s`) {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/**
 * A number with two decimals and a real minus sign: probabilities, scores and κ.
 * @param {number} value
 */
export function decimal(value) {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== '0.00' ? `−${text}` : text;
}

/**
 * A probability; never `1.00` or `0.00` where it is neither.
 * @param {number} value
 */
export function probability(value) {
  if (value > 0 && value < 0.005) return '< 0.01';
  if (value < 1 && value >= 0.995) return '> 0.99';
  return decimal(value);
}

/**
 * An estimate with its interval: `0.66 [0.40, 0.90]`.
 * @param {Estimate} figure
 * @param {(value: number) => string} format
 * @param {string} [unit] After the estimate.
 */
export function estimate(figure, format, unit = '') {
  if (figure.estimate === null) return '–';
  const interval =
    figure.low === null || figure.high === null ? '' : ` [${format(figure.low)}, ${format(figure.high)}]`;
  return `${format(figure.estimate)}${unit}${interval}`;
}

/**
 * A share in per cent, without the sign.
 * @param {number} value
 */
export function percent(value) {
  return (value * 100).toFixed(0);
}

/** @type {Readonly<Record<import('../../schema.ts').UnscoredReason, string>>} */
const reasons = {
  truncated: 'its reply was cut off before the verdict',
  context: 'the texts do not fit its context',
  engine: 'the engine failed',
  aborted: 'the run was stopped',
  invalid: 'what it said cannot be read as a verdict',
};

/**
 * Why there is no score.
 * @param {string} reason
 */
export function reasonInWords(reason) {
  return Object.hasOwn(reasons, reason) ? reasons[/** @type {keyof typeof reasons} */ (reason)] : reason;
}

/**
 * `a, b and c`
 * @param {readonly string[]} parts
 */
export function listed(parts) {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
