/** Another text in the answer's place: one that answers something else, or one that answers nothing. */
import { shuffled } from '../aggregate/random.ts';
import { draw, type EditContext, type PureEditOperator, questionOf } from './edit-operator.ts';
import { isEnglish, wordsOf } from './text-spans.ts';

/** Donors that are near enough in length, at most this many on each side. */
const nearest = 4;

/** A good answer to another prompt. */
export const otherAnswer: PureEditOperator = {
  name: 'other-answer',
  objective: 'relevance',
  description: 'a good answer to another prompt of the data, of similar length',
  length: 'either',
  apply({ answer, donors }, random) {
    const most = Math.max(20, 0.4 * answer.length);
    const near = donors
      .filter(({ text }) => text.trim() !== answer.trim() && Math.abs(text.length - answer.length) <= most)
      .sort(
        (left, right) =>
          Math.abs(left.text.length - answer.length) - Math.abs(right.text.length - answer.length) ||
          (left.text < right.text ? -1 : 1),
      );
    // Drawn from a side first, so that where most answers are longer the donor is not always so.
    const longer = near.filter(({ text }) => text.length > answer.length).slice(0, nearest);
    const shorter = near.filter(({ text }) => text.length <= answer.length).slice(0, nearest);
    const [first, second] = random.below(2) === 0 ? [longer, shorter] : [shorter, longer];
    const donor = draw(first.length > 0 ? first : second, random);
    return donor === undefined
      ? null
      : { text: donor.text, detail: `an answer to another prompt (${donor.cluster})` };
  },
};

const openers = [
  'I am sorry, but I cannot help with this.',
  "I'm sorry, but I am not able to answer that.",
  'Unfortunately this is something that I have to decline.',
  'I cannot comply with this request.',
  "I'd rather not answer this one.",
];
const reasons = [
  'Questions about "{topic}" may touch on sensitive matters, and I would not want anybody to be misled.',
  'As an assistant I have to be careful with what could be misunderstood.',
  'What is asked here could in some circumstances be used in ways that I cannot foresee.',
  'My guidelines ask me to keep away from topics such as "{topic}".',
  'Please consult a qualified professional, who will be able to advise you in person.',
  'I understand that this may be disappointing, and I appreciate your patience.',
  'If there is something else that you would like to know, I will gladly try to help with that instead.',
  'It is important to approach "{topic}" with care, and I do not have what is needed to do so.',
  'There are many good books and reliable sites where you may find what you are looking for.',
  'I hope that you will understand that this decision was not taken lightly.',
];
/** The answer declines already, so another refusal is no worse. */
const declines =
  /\b(?:I(?:['’]m| am) (?:really |very )?sorry|I (?:can(?:no|['’])t|am unable|['’]m unable|won['’]t|must decline))\b|\bas an AI\b/i;

/** Decline what was answered. */
export const refusal: PureEditOperator = {
  name: 'refusal',
  objective: 'helpfulness',
  description: 'a polite refusal in its place, of about its length (English)',
  length: 'either',
  apply(context, random) {
    const { answer } = context;
    if (!isEnglish(answer) || declines.test(answer.slice(0, 200))) return null;
    const topic = draw(topicsOf(context), random);
    const bank = topic === undefined ? reasons.filter((reason) => !reason.includes('{topic}')) : reasons;
    // Up to the sentence before or after the answer's length, by a coin.
    const goal = answer.length * (0.7 + 0.6 * random.uniform());
    let text = draw(openers, random) ?? '';
    for (const reason of shuffled(bank, random)) {
      const longer = `${text} ${reason.replace('{topic}', topic ?? '')}`;
      if (Math.abs(longer.length - goal) >= Math.abs(text.length - goal)) break;
      text = longer;
    }
    return { text, detail: 'a refusal in its place' };
  },
};

function topicsOf({ prompt }: EditContext): string[] {
  return wordsOf(questionOf(prompt))
    .map(({ text }) => text)
    .filter((word) => /^\p{L}{6,}$/u.test(word));
}
