/** Orders of items that never change: that of the data, and the items of one sample. */
import type { Columns } from './index-columns.ts';

/** Runs one after another, in each the samples as the data have them, then those that the data lack. */
export function dataOrderOf({ size, run, sample, rubric }: Columns, places: Int32Array): Int32Array {
  const last = places.length;
  const placeOf = (item: number): number => {
    const place = places[sample[item] ?? 0] ?? -1;
    return place < 0 ? last : place;
  };
  const key = Float64Array.from({ length: size }, (_, item) => (run[item] ?? 0) * 2 ** 34 + placeOf(item));
  return Int32Array.from({ length: size }, (_, item) => item).sort(
    (left, right) =>
      (key[left] ?? 0) - (key[right] ?? 0) || (rubric[left] ?? 0) - (rubric[right] ?? 0) || left - right,
  );
}

/** The items of each sample: one list, cut where the next sample begins. */
export function itemsBySample(
  { size, sample }: Columns,
  samples: number,
): (sample: number) => Iterable<number> {
  let starts: Int32Array | undefined;
  let items: Int32Array | undefined;
  return (wanted) => {
    if (starts === undefined || items === undefined) {
      starts = new Int32Array(samples + 1);
      for (let item = 0; item < size; item++) {
        const next = (sample[item] ?? 0) + 1;
        starts[next] = (starts[next] ?? 0) + 1;
      }
      for (let number = 1; number <= samples; number++)
        starts[number] = (starts[number] ?? 0) + (starts[number - 1] ?? 0);
      const cursors = starts.slice();
      items = new Int32Array(size);
      for (let item = 0; item < size; item++) {
        const own = sample[item] ?? 0;
        const cursor = cursors[own] ?? 0;
        items[cursor] = item;
        cursors[own] = cursor + 1;
      }
    }
    return items.subarray(starts[wanted] ?? 0, starts[wanted + 1] ?? 0);
  };
}
