/** Edits of the surface: spelling, and words of another language. */
import { shuffled } from '../aggregate/random.ts';
import { draw, type PureEditOperator } from './edit-operator.ts';
import { isEnglish, likeCase, overlaps, protectedSpans, wordsOf } from './text-spans.ts';

/** Misspell a good part of the words. */
export const typos: PureEditOperator = {
  name: 'typos',
  objective: 'writing-quality',
  description: 'a fifth of the longer words are misspelt: letters change places, are lost or come twice',
  length: 'either',
  apply({ answer }, random) {
    const barred = protectedSpans(answer);
    const words = wordsOf(answer).filter(
      (word) =>
        /^\p{L}[\p{Ll}\p{Lo}]{3,}$/u.test(word.text) && word.text.length >= 4 && !overlaps(word, barred),
    );
    const chosen = shuffled(words, random)
      .slice(0, Math.ceil(words.length / 5))
      .sort((left, right) => left.start - right.start);
    let text = '';
    let from = 0;
    let count = 0;
    for (const word of chosen) {
      const letters = [...word.text];
      const place = 1 + random.below(letters.length - 2);
      const kind = random.below(3);
      const [left = '', right = ''] = [letters[place], letters[place + 1]];
      if (kind === 0 && left !== right) letters.splice(place, 2, right, left);
      else if (kind === 1) letters.splice(place, 1);
      else letters.splice(place, 0, left);
      text += answer.slice(from, word.start) + letters.join('');
      from = word.end;
      count++;
    }
    return count === 0
      ? null
      : { text: text + answer.slice(from), detail: `misspelt ${count} word${count === 1 ? '' : 's'}` };
  },
};

/** Common words of English in other languages, one list each. */
const dictionaries: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  German: {
    the: 'die',
    and: 'und',
    is: 'ist',
    are: 'sind',
    not: 'nicht',
    with: 'mit',
    of: 'von',
    to: 'zu',
    for: 'für',
    this: 'dies',
    that: 'dass',
    it: 'es',
    from: 'aus',
    because: 'weil',
    or: 'oder',
    but: 'aber',
    also: 'auch',
    very: 'sehr',
    when: 'wenn',
    you: 'du',
  },
  French: {
    the: 'le',
    and: 'et',
    is: 'est',
    are: 'sont',
    with: 'avec',
    of: 'de',
    to: 'à',
    for: 'pour',
    this: 'ceci',
    that: 'que',
    it: 'il',
    from: 'depuis',
    because: 'parce que',
    or: 'ou',
    but: 'mais',
    also: 'aussi',
    very: 'très',
    when: 'quand',
    you: 'vous',
    in: 'dans',
  },
  Spanish: {
    the: 'el',
    and: 'y',
    is: 'es',
    are: 'son',
    with: 'con',
    of: 'de',
    to: 'a',
    for: 'para',
    this: 'esto',
    that: 'que',
    it: 'lo',
    from: 'desde',
    because: 'porque',
    or: 'o',
    but: 'pero',
    also: 'también',
    very: 'muy',
    when: 'cuando',
    you: 'tú',
    in: 'en',
  },
};

/** Mix another language in. */
export const languageMix: PureEditOperator = {
  name: 'language-mix',
  objective: 'fluency',
  description: 'half of its common words are German, French or Spanish (English)',
  length: 'either',
  apply({ answer }, random) {
    if (!isEnglish(answer)) return null;
    const language = draw(Object.keys(dictionaries), random) ?? '';
    const dictionary = dictionaries[language] ?? {};
    const barred = protectedSpans(answer);
    const words = wordsOf(answer).filter(
      (word) => Object.hasOwn(dictionary, word.text.toLowerCase()) && !overlaps(word, barred),
    );
    const chosen = shuffled(words, random)
      .slice(0, Math.ceil(words.length / 2))
      .sort((left, right) => left.start - right.start);
    if (chosen.length < 2) return null;
    let text = '';
    let from = 0;
    for (const word of chosen) {
      text += answer.slice(from, word.start) + likeCase(dictionary[word.text.toLowerCase()] ?? '', word.text);
      from = word.end;
    }
    return { text: text + answer.slice(from), detail: `${chosen.length} words in ${language}` };
  },
};
