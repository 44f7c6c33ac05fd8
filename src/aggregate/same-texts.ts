/** Whether answers that are called the same are the same. */

/** What is known of the texts of a row's answers, in their order. */
export interface KnownTexts {
  /** In UTF-16 code units. */
  readonly lengths: readonly number[];
  /** Digests. Default: not known. */
  readonly texts?: readonly string[] | undefined;
}

/** Whether both have the same texts, as far as both know: equal digests, or lengths where one has no digests. */
export function sameTexts(left: KnownTexts, right: KnownTexts): boolean {
  return left.texts && right.texts ? equal(left.texts, right.texts) : equal(left.lengths, right.lengths);
}

function equal<Value>(left: readonly Value[], right: readonly Value[]): boolean {
  return left.length === right.length && left.every((value, place) => value === right[place]);
}
