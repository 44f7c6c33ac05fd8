/** What kind of thing went wrong; decides the exit code and whether a retry can help. */
export type JurorErrorCode =
  /** A flag or an argument is wrong. */
  | 'usage'
  /** A rubric file is wrong. */
  | 'rubric'
  /** A suite file is wrong. */
  | 'suite'
  /** A prompt template is wrong, or a variable is unknown or unfilled. */
  | 'prompt'
  /** A data file or one of its rows is wrong. */
  | 'data'
  /** A model file cannot be found, fetched or trusted. */
  | 'model'
  /** The engine failed; the request may succeed when sent again. */
  | 'engine'
  /** A run folder or its journal is wrong. */
  | 'store'
  /** The caller's signal ended the work. */
  | 'aborted';

/** Where in the user's input an error lies. */
export interface ErrorPlace {
  /** Path as the user gave it. */
  readonly file?: string;
  /** 1-based line. */
  readonly line?: number;
  /** Dotted path of the field. */
  readonly field?: string;
}

const brand = Symbol.for('juror.error');

/** The one error class of juror. `code` is for programs, `message` for people; both name the place when there is one. */
export class JurorError extends Error {
  readonly code: JurorErrorCode;
  readonly place: ErrorPlace;
  readonly [brand] = true;

  constructor(code: JurorErrorCode, message: string, options: { place?: ErrorPlace; cause?: unknown } = {}) {
    const place = options.place ?? {};
    const where = [place.file, place.line].filter((part) => part !== undefined).join(':');
    const prefix = [where, place.field].filter((part) => part).join(': ');
    super(
      prefix ? `${prefix}: ${message}` : message,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = 'JurorError';
    this.code = code;
    this.place = place;
  }

  /** True for a JurorError of this or of another copy of the package. */
  static isInstance(value: unknown): value is JurorError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The legal name nearest to `name` by edit distance, or undefined when none is near. */
export function nearestName(name: string, legal: readonly string[]): string | undefined {
  const ranked = legal
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(2, Math.floor(name.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein distance in UTF-16 code units. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
