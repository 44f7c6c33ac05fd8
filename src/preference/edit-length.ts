/** Edits that take something away or add what nobody needs. */
import { shuffled } from '../aggregate/random.ts';
import { draw, type Edit, type PureEditOperator } from './edit-operator.ts';
import { isEnglish, leavesMarkupClosed, type Unit, unitsOf, wordsOf } from './text-spans.ts';

/** True of any answer, and no help with any question. */
const filler = [
  'It is worth keeping in mind that there is always more that could be said about a matter such as this.',
  'As with many things, the details depend on how one looks at them, and there are many ways of looking.',
  'This is, in many respects, an interesting question, and questions of this kind are asked again and again.',
  'One might go on at some length here, and others have done so in other places.',
  'All of the above should be read in the light of everything else that has been written above.',
  'In the end what matters is what matters, and that is what has been kept in view here.',
  'There are of course several sides to this, as there are to most things that have sides.',
  'To put it in yet another way, what was said before is what is meant, no more and no less.',
  'Generally speaking, general statements such as this one hold in general.',
  'It goes without saying that these remarks are to be understood as remarks.',
  'Many people have thought about this for a long time, and many will go on doing so.',
  'With that said, it remains to be said that this is what was to be said.',
];

/** Leave out the end. */
export const dropSentences: PureEditOperator = {
  name: 'drop-sentences',
  objective: 'completeness',
  description: 'the last sentences are left out, at most half of them',
  length: 'shorter',
  apply({ answer }, random) {
    const units = unitsOf(answer);
    const cuts = units
      .slice(0, -1)
      .map(({ end }, index) => ({ end, dropped: units.length - 1 - index }))
      .filter(
        ({ end, dropped }) => dropped <= Math.ceil(units.length / 2) && leavesMarkupClosed(answer, end),
      );
    const cut = draw(cuts, random);
    if (cut === undefined) return null;
    return {
      text: answer.slice(0, cut.end),
      detail: `left out the last ${cut.dropped} of ${units.length} sentences`,
    };
  },
};

/** End in mid-sentence. */
export const truncate: PureEditOperator = {
  name: 'truncate',
  objective: 'completeness',
  description: 'it breaks off in the middle of a sentence',
  length: 'shorter',
  apply({ answer }, random) {
    const units = unitsOf(answer);
    const later = units
      .map((unit, index) => ({ unit, index }))
      .filter(({ unit, index }) => unit.kind === 'sentence' && index >= Math.floor(units.length / 3));
    for (const { unit, index } of shuffled(later, random)) {
      const places = placesIn(answer, unit).filter((end) => leavesMarkupClosed(answer, end));
      const end = draw(places, random);
      if (end !== undefined)
        return {
          text: answer.slice(0, end),
          detail: `broke off in sentence ${index + 1} of ${units.length}`,
        };
    }
    return null;
  },
};

/** Say it again, or say nothing at length. */
export const pad: PureEditOperator = {
  name: 'pad',
  objective: 'conciseness',
  description: 'its own sentences again, or filler, from a quarter to all of its length',
  length: 'longer',
  apply({ answer }, random) {
    const units = unitsOf(answer).filter(({ kind, start, end }) => kind === 'sentence' && end - start > 15);
    const share = 0.25 + 0.75 * random.uniform();
    const goal = Math.max(40, share * answer.length);
    const repeat = !isEnglish(answer) || random.below(2) === 0;
    const bank = repeat ? units.map(({ start, end }) => answer.slice(start, end)) : filler;
    const added: string[] = [];
    let length = 0;
    for (const sentence of shuffled(bank, random)) {
      if (length >= goal) break;
      added.push(sentence);
      length += sentence.length + 1;
    }
    if (added.length === 0) return null;
    const what = repeat ? 'of its own sentences again' : 'sentences of filler';
    return padded(answer, added, `added ${added.length} ${what}`);
  },
};

/** Ends of words inside a sentence, from the second word on, with two words or more left out. */
function placesIn(text: string, { start, end }: Unit): number[] {
  const words = wordsOf(text.slice(start, end));
  return words.slice(1, -2).map((word) => start + word.end);
}

function padded(answer: string, added: readonly string[], detail: string): Edit {
  return { text: `${answer.trimEnd()}\n\n${added.join(' ')}`, detail };
}
