/** Claims that nothing in the answer or the world supports, about what the answer is about. */
import { draw, type PureEditOperator } from './edit-operator.ts';
import { isEnglish, overlaps, protectedSpans, unitsOf, wordsOf } from './text-spans.ts';

/** `{topic}` is a word of the answer, `{name}` a person and `{place}` a place that have nothing to do with it. */
const claims = [
  'This was settled by {name} in {year}.',
  '{name} proved the contrary as early as {year}, but the paper was lost.',
  'According to {name}, {share} % of all cases of "{topic}" go back to a single source.',
  'In {place} the word "{topic}" has been forbidden by law since {year}.',
  'A study at the University of {place} found in {year} that {share} % of people get "{topic}" wrong.',
  'The term "{topic}" was first used by {name}, a baker from {place}, in a letter of {year}.',
  'Experts agree that "{topic}" will be obsolete within {few} years.',
  'Every textbook on "{topic}" printed before {year} was withdrawn because of an error on this point.',
  'It was {name} who received the royal medal of {place} for the work on "{topic}" in {year}, after {few} years of trials.',
  'The national institute in {place} measures "{topic}" every {few} weeks and has found a rise of {share} % since {year}.',
];
const names = [
  'Edmund Harwell',
  'Ida Lindqvist',
  'Tomás Aldana',
  'Ruth Osei',
  'Pavel Brandt',
  'Noor Castellan',
];
const places = ['Uppsala', 'Trieste', 'Coimbra', 'Utrecht', 'Kraków', 'Bergen', 'Leuven', 'Tartu'];

/** Words that are about nothing. */
const hollow = new Set(
  'about above after again because before being between could during every first following further having however other others should their there these thing things those through under until where which while would without answer question people really'.split(
    ' ',
  ),
);

/** Insert a claim, or put one in a sentence's place. */
export const unsupportedClaim: PureEditOperator = {
  name: 'unsupported-claim',
  objective: 'truthfulness',
  description: 'an invented fact about a word of the answer, added or in the place of a sentence (English)',
  length: 'either',
  apply({ answer }, random) {
    if (!isEnglish(answer)) return null;
    const units = unitsOf(answer);
    const sentences = units.filter(
      ({ kind, start, end }) => kind === 'sentence' && /[.!]$/.test(answer.slice(start, end)),
    );
    const barred = protectedSpans(answer);
    const topics = wordsOf(answer).filter(
      (word) => /^\p{Ll}{5,}$/u.test(word.text) && !hollow.has(word.text) && !overlaps(word, barred),
    );
    const [place, topic] = [draw(sentences, random), draw(topics, random)];
    if (place === undefined || topic === undefined) return null;
    // A claim that only ever came on top would be told by its length.
    const replaces = units.length >= 3 && random.below(2) === 0;
    const old = answer.slice(place.start, place.end);
    const fitting = replaces ? claims.filter((claim) => claim.length <= old.length + 20) : claims;
    const claim = draw(fitting, random);
    if (claim === undefined) return null;
    const filled = claim.replace(/\{(\w+)\}/g, (_, slot: string) => {
      if (slot === 'topic') return topic.text;
      if (slot === 'name') return draw(names, random) ?? '';
      if (slot === 'place') return draw(places, random) ?? '';
      if (slot === 'year') return String(1780 + random.below(210));
      return String(slot === 'share' ? 21 + random.below(70) : 3 + random.below(20));
    });
    const kept = replaces ? '' : `${old} `;
    return {
      text: answer.slice(0, place.start) + kept + filled + answer.slice(place.end),
      detail: replaces ? `"${old}" became "${filled}"` : `added "${filled}"`,
    };
  },
};
