/** A claim becomes its contrary, by rules of English grammar that would rather do nothing than something ungrammatical. */
import { draw, type PureEditOperator } from './edit-operator.ts';
import { isEnglish, likeCase, overlaps, protectedSpans, type Span, unitsOf } from './text-spans.ts';

/** Text in the place of other text. */
interface Replacement extends Span {
  readonly text: string;
}

/** Contractions whose auxiliary is not what is left of them. */
const irregular: Readonly<Record<string, string>> = {
  "can't": 'can',
  "won't": 'will',
  "shan't": 'shall',
  cannot: 'can',
};
const contraction =
  /\b(?:can|won|shan|(?:is|are|was|were|do|does|did|has|have|had|would|could|should|must|need)n)['’]t\b|\bcannot\b/gi;
const separate =
  /\b(is|are|was|were|am|be|been|can|will|would|could|should|must|shall|do|does|did|has|have|had) not\b(?! (?:only|just|merely|simply|necessarily|all|every|always)\b)/gi;
/** After these an auxiliary can take `not` and the claim turns round. */
const auxiliary = /\b(?:is|are|was|were|am|can|will|would|could|should|must|has been|have been|had been)\b/gi;

/** A sentence with one of these says no already, says nothing yet, or says it of something else. */
const unfit =
  /\b(?:not|no|never|none|nothing|nobody|nowhere|neither|nor|hardly|barely|without|unless|whether)\b|n['’]t\b|\bcannot\b/i;
const subordinate =
  /^(?:if|unless|when|while|although|though|because|since|whether|as|what|who|how|why|where|which)\b/i;
/** Before an auxiliary: it is a noun, or belongs to a question or another clause. */
const before =
  /\b(?:the|a|an|his|her|my|your|their|our|its|free|of|to|what|who|whom|whose|which|that|how|why|where|when|if|as|there|here|it)['’]?s? $/i;
const dependent =
  /\b(?:what|who|whom|whose|which|that|how|why|where|when|if|as|because|while|although)\b[^,;:]*$/i;
/** After one: `not` would mean less than the contrary. */
const after =
  /^ (?:only|just|merely|simply|also|all|both|either|even|still|perhaps|probably|possibly|why|how|what|because|to say)\b/i;

/** Negate one claim, or take a negation away. */
export const negate: PureEditOperator = {
  name: 'negate',
  objective: 'truthfulness',
  description: 'one claim says the contrary (English)',
  length: 'either',
  apply({ answer }, random) {
    if (!isEnglish(answer)) return null;
    const barred = protectedSpans(answer);
    const places = unitsOf(answer)
      .filter(({ kind, start, end }) => kind === 'sentence' && !answer.slice(start, end).endsWith('?'))
      .map((unit) => replacementsIn(answer, unit).filter((place) => !overlaps(place, barred)))
      .filter((found) => found.length > 0);
    const place = draw(draw(places, random) ?? [], random);
    if (place === undefined) return null;
    const old = answer.slice(place.start, place.end);
    return {
      text: answer.slice(0, place.start) + place.text + answer.slice(place.end),
      detail: `"${old}" became "${place.text}"`,
    };
  },
};

/** Every way to turn a sentence round; negations that are there come first. */
function replacementsIn(text: string, { start, end }: Span): Replacement[] {
  const sentence = text.slice(start, end);
  const at = (index: number, length: number, replacement: string): Replacement => ({
    start: start + index,
    end: start + index + length,
    text: replacement,
  });
  const removals = [
    ...[...sentence.matchAll(contraction)].map(({ index, 0: match }) =>
      at(index, match.length, affirmative(match)),
    ),
    ...[...sentence.matchAll(separate)].map(({ index, 0: match, 1: verb = '' }) =>
      at(index, match.length, verb),
    ),
  ];
  // Two negations in a sentence may cancel out.
  if (removals.length > 0) return removals.length === 1 ? removals : [];
  if (unfit.test(sentence) || subordinate.test(sentence)) return [];
  return [...sentence.matchAll(auxiliary)]
    .filter(({ index, 0: match }) => {
      const [left, right] = [sentence.slice(0, index), sentence.slice(index + match.length)];
      const own = index > 0 && left.endsWith(' ') && /^ [\p{L}\d"'(*_]/u.test(right);
      return own && !nounBefore(left, match) && !dependent.test(left) && !after.test(right);
    })
    .slice(0, 1)
    .map(({ index, 0: match }) => at(index, match.length, negated(match)));
}

/** `It is` and `There are` are claims; `the will` and `what is` are none. */
function nounBefore(left: string, verb: string): boolean {
  if (/\b(?:it|there|that|this) $/i.test(left) && !/^(?:can|will|must)$/i.test(verb))
    return /\bthat $/i.test(left);
  return before.test(left) && !/\b(?:it|there) $/i.test(left);
}

function negated(verb: string): string {
  if (/^can$/i.test(verb)) return likeCase('cannot', verb);
  const [first = '', ...rest] = verb.split(' ');
  return [first, 'not', ...rest].join(' ');
}

function affirmative(word: string): string {
  const key = word.toLowerCase().replace('’', "'");
  return likeCase(irregular[key] ?? key.slice(0, -3), word);
}
