/** Options of the command line: each flag can also be set as `JUROR_<FLAG>`; the flag wins. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';

/** An option that its environment variable can set. */
export function flag<Flags extends string>(flags: Flags, description: string) {
  const name = /--([a-z-]+)/.exec(flags)?.[1] ?? '';
  return new Option(flags, description).env(`JUROR_${name.replace(/-/g, '_').toUpperCase()}`);
}

/** A whole number from `least` up. */
export function wholeNumber(least: number) {
  return (text: string): number => {
    const value = readNumber(text);
    if (value === null || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`expected a whole number of ${least} or more, got '${text}'`);
    return value;
  };
}

/** A number from 0 up, at most `most`. */
export function fraction(most: number) {
  return (text: string): number => {
    const value = readNumber(text);
    if (value === null || value < 0 || value > most)
      throw new InvalidArgumentError(`expected a number from 0 to ${most}, got '${text}'`);
    return value;
  };
}

/** Any number. */
export function anyNumber(text: string): number {
  const value = readNumber(text);
  if (value === null) throw new InvalidArgumentError(`expected a number, got '${text}'`);
  return value;
}

/** A number above 0. */
export function positiveNumber(text: string): number {
  const value = readNumber(text);
  if (value === null || value <= 0)
    throw new InvalidArgumentError(`expected a number above 0, got '${text}'`);
  return value;
}

/** A finite number as people write it; null for anything else. */
export function readNumber(text: string): number | null {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : null;
}

/** Gather a repeatable flag; a comma separates values too, as environment variables need. */
export function gather(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), ...text.split(',').map((part) => part.trim())].filter((part) => part !== '');
}
