/** Prompt templates: Markdown files with front matter and fixed sections, checked when they are loaded. */
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { contentHash } from './canonical.ts';
import { JurorError, nearestName } from './errors.ts';
import { suggest } from './problems.ts';
import { Rubric } from './schema.ts';
import { type PlacedProblem, parseYaml, throwProblems } from './yaml.ts';

/** The sections of a template, in the order they reach the judge. */
const sectionNames = [
  'rubric',
  'example',
  'task',
  'reference',
  'responses',
  'critique-brief',
  'critique-full',
  'critique-after',
  'question',
  'opening',
] as const;
export type SectionName = (typeof sectionNames)[number];

/** Sections a template may leave out; a rubric that needs one then does not load. */
const optionalSections: readonly SectionName[] = ['example', 'reference'];

/** Front matter of a template. */
const FrontMatter = z.strictObject({
  id: Rubric.shape.id,
  mode: Rubric.shape.mode,
  version: z.string().min(1),
});

/** One section: its text in f-string format and where each variable stands. */
export interface PromptSection {
  readonly text: string;
  readonly variables: readonly { readonly name: string; readonly line: number }[];
}

/** A checked template. */
export interface Prompt {
  readonly id: string;
  readonly mode: Rubric['mode'];
  readonly version: string;
  /** SHA-256 of everything that can change what is rendered. */
  readonly digest: string;
  readonly file: string;
  readonly sections: Readonly<Partial<Record<SectionName, PromptSection>>>;
}

const folder = new URL('../prompts/', import.meta.url);
const loaded = new Map<string, Prompt>();

/** Ids of the templates in `prompts/`, sorted. */
export function listPrompts(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
    .sort();
}

/** The template `id` of `prompts/`, read and checked once. Throws JurorError `prompt` that names the nearest legal id. */
export function loadPrompt(id: string): Prompt {
  const known = loaded.get(id);
  if (known) return known;
  const ids = listPrompts();
  if (!ids.includes(id)) {
    throw new JurorError('prompt', `expected one of ${ids.join(', ')}, got '${id}'${suggest(id, ids)}`);
  }
  const file = `prompts/${id}.md`;
  const prompt = parsePrompt(readFileSync(new URL(`${id}.md`, folder), 'utf8'), file);
  if (prompt.id !== id) {
    throw new JurorError('prompt', `expected '${id}' like the file's name, got '${prompt.id}'`, {
      place: { file, field: 'id' },
    });
  }
  loaded.set(id, prompt);
  return prompt;
}

/** True when rubrics of `mode` can use the template; a listwise rubric asks pairwise questions. */
export function servesMode(prompt: Prompt, mode: Rubric['mode']): boolean {
  return prompt.mode === mode || (mode === 'listwise' && prompt.mode === 'pairwise');
}

/** Variables that a section may use; those marked must be used. */
function legalVariables(
  section: SectionName,
  mode: Rubric['mode'],
): Readonly<Record<string, 'required' | 'optional'>> {
  const compares = mode === 'pairwise' || mode === 'listwise';
  const responses = compares
    ? ({ response_a: 'required', response_b: 'required' } as const)
    : ({ response: 'required' } as const);
  const levels = compares
    ? ({ scale: 'optional', labels: 'required' } as const)
    : ({ scale: 'required', labels: 'optional' } as const);
  return {
    rubric: { rubric_description: 'required' },
    example: { prompt: 'required', ...responses, judgment: 'required' },
    task: { prompt: 'required' },
    reference: { reference: 'required' },
    responses,
    'critique-brief': { criteria: 'optional' },
    'critique-full': { criteria: 'optional' },
    'critique-after': { criteria: 'optional', verdict: 'required' },
    question: {
      ...(mode === 'stepwise' ? { step: 'required' } : {}),
      criterion_description: 'required',
      ...levels,
    },
    opening: { verdict_name: 'optional' },
  }[section] as Readonly<Record<string, 'required' | 'optional'>>;
}

/** Check a template's text. Throws one JurorError `prompt` that lists every fault with file, line and nearest legal name. */
export function parsePrompt(text: string, file: string): Prompt {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) {
    throw new JurorError('prompt', 'expected front matter between two lines of ---', {
      place: { file, line: 1 },
    });
  }
  const front = parseYaml(lines.slice(1, end).join('\n'), FrontMatter, {
    file,
    code: 'prompt',
    linesBefore: 1,
  });
  const problems: PlacedProblem[] = [];
  const sections: Partial<Record<SectionName, PromptSection>> = {};
  for (const { name, line, body } of splitSections(lines, end + 1, problems)) {
    if (sections[name])
      problems.push({ line, field: name, message: 'expected one section of this name, got two' });
    const section = readSection(body, line + 1, name, problems);
    checkVariables(section, name, front.mode, line, problems);
    sections[name] = section;
  }
  const misspelt = new Set(problems.map(({ field }) => nearestName(field ?? '', sectionNames)));
  const missing = sectionNames.filter(
    (name) => !sections[name] && !optionalSections.includes(name) && !misspelt.has(name),
  );
  problems.push(
    ...missing.map((name) => ({ field: name, message: `missing, expected a section '# ${name}'` })),
  );
  const opening = sections.opening?.text;
  if (opening?.includes('\n')) problems.push({ field: 'opening', message: 'expected one line' });
  throwProblems('prompt', file, problems);
  const digest = contentHash({
    ...front,
    sections: sectionNames.map((name) => sections[name]?.text ?? null),
  });
  return { ...front, digest, file, sections };
}

interface RawSection {
  readonly name: SectionName;
  /** 1-based line of the heading. */
  readonly line: number;
  readonly body: readonly string[];
}

function splitSections(lines: readonly string[], start: number, problems: PlacedProblem[]): RawSection[] {
  const headings = lines.flatMap((line, index) => (index >= start && /^# /.test(line) ? [index] : []));
  const stray = lines.slice(start, headings[0] ?? lines.length).findIndex((line) => line.trim() !== '');
  if (stray >= 0)
    problems.push({ line: start + stray + 1, message: 'expected a section heading before any text' });
  return headings.flatMap((index, order) => {
    const name = (lines[index] ?? '').slice(2).trim();
    const body = lines.slice(index + 1, headings[order + 1] ?? lines.length);
    if (isSectionName(name)) return [{ name, line: index + 1, body }];
    const message = `unknown section '${name}'${suggest(name, sectionNames) || `, expected one of ${sectionNames.join(', ')}`}`;
    problems.push({ line: index + 1, field: name, message });
    return [];
  });
}

function isSectionName(name: string): name is SectionName {
  return (sectionNames as readonly string[]).includes(name);
}

/** The section's text without blank lines around it, and its variables by LangChain's f-string grammar. */
function readSection(
  body: readonly string[],
  firstLine: number,
  field: string,
  problems: PlacedProblem[],
): PromptSection {
  const lead = Math.max(
    0,
    body.findIndex((line) => line.trim() !== ''),
  );
  const text = body.join('\n').trim();
  if (text === '')
    problems.push({ line: firstLine - 1, field, message: 'expected text, got an empty section' });
  const variables: { name: string; line: number }[] = [];
  let line = firstLine + lead;
  for (const match of text.matchAll(/\{\{|\}\}|\{([^{}\n]*)\}|[{}\n]/g)) {
    if (match[0] === '\n') line++;
    else if (match[1] !== undefined) variables.push({ name: match[1], line });
    else if (match[0].length === 1) {
      problems.push({
        line,
        field,
        message: `expected '${match[0]}${match[0]}' for a literal brace, got '${match[0]}'`,
      });
    }
  }
  return { text, variables };
}

function checkVariables(
  section: PromptSection,
  name: SectionName,
  mode: Rubric['mode'],
  headingLine: number,
  problems: PlacedProblem[],
): void {
  const legal = legalVariables(name, mode);
  const names = Object.keys(legal);
  const used = new Set(section.variables.map((variable) => variable.name));
  for (const variable of section.variables) {
    if (Object.hasOwn(legal, variable.name)) continue;
    used.add(nearestName(variable.name, names) ?? variable.name);
    const hint = suggest(variable.name, names) || `, expected one of ${names.join(', ')}`;
    problems.push({
      line: variable.line,
      field: name,
      message: `unknown variable '{${variable.name}}'${hint}`,
    });
  }
  for (const required of names.filter((candidate) => legal[candidate] === 'required')) {
    if (used.has(required)) continue;
    problems.push({
      line: headingLine,
      field: name,
      message: `expected the variable '{${required}}' in this section`,
    });
  }
}
