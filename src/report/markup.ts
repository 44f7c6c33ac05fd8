/** Markup that text can never become part of: every value is escaped on its way into the page. */
import { html, raw } from 'hono/html';

/** Markup of juror's own making. */
export type Markup = ReturnType<typeof raw>;

/** What may stand in a template: text and numbers are escaped, markup stays, the rest says nothing. */
export type MarkupValue = string | number | Markup | readonly MarkupValue[] | null | undefined | false;

/**
 * Control, format and bidirectional characters that could reorder, hide or forge what people read. Line breaks and tabs are text, and so
 * are joiners within emoji and words, which scripts such as Persian need.
 */
const unseen =
  /(?<=[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}])[\u200c\u200d](?=[\p{L}\p{Extended_Pictographic}])|[\n\t]|(?<unseen>[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029\u115f\u1160\u3164\uffa0])/gu;

/** A template of markup. Its texts are escaped, with what cannot be seen written as `[U+202E]`. */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  // Without promises among the values the tag returns markup at once.
  return html(strings, ...values.map(seen)) as Markup;
}

/** Text in which everything can be seen, for a place that holds no markup, such as an attribute. Line ends are as on Unix. */
export function visible(text: string): string {
  return lineEnds(text).replace(unseen, (character, hidden?: string) =>
    hidden === undefined ? character : `[${numberOf(hidden)}]`,
  );
}

/** Text of the data as markup: what cannot be seen is shown by its number, set apart from what was written. */
export function judged(text: string): Markup {
  const parts: Markup[] = [];
  let last = 0;
  const clean = lineEnds(text);
  for (const { index, groups } of clean.matchAll(unseen)) {
    const hidden = groups?.unseen;
    if (hidden === undefined) continue;
    parts.push(html`${clean.slice(last, index)}<span class="unseen">${numberOf(hidden)}</span>` as Markup);
    last = index + hidden.length;
  }
  return html`${parts}${clean.slice(last)}` as Markup;
}

/** Markup that a library made of numbers alone, such as a plot; never of data's text. */
export function trusted(made: string): Markup {
  return raw(made);
}

function seen(value: MarkupValue): unknown {
  if (typeof value === 'string') return visible(value);
  return Array.isArray(value) ? value.map(seen) : value;
}

function lineEnds(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n');
}

function numberOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
