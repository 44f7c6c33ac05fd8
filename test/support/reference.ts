/** Reference pages made from what they are about: the schemas of files, and the flags of the verbs. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { z } from 'zod';

interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
}

/** A page about a file that people write: a table of fields for each object in it. */
export function fileReference(title: string, introduction: string, schema: z.ZodType): string {
  const root = z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as Node;
  return [`# ${title}`, introduction, ...sections(root, '')].join('\n\n').concat('\n');
}

function sections(node: Node, path: string): string[] {
  const kinds = node.oneOf ?? node.anyOf?.filter(({ properties }) => properties !== undefined);
  if (kinds?.length)
    return kinds.flatMap((kind) => {
      const constant = Object.entries(kind.properties ?? {}).find(
        ([, { const: value }]) => value !== undefined,
      );
      return sections(kind, constant ? `${path} (${constant[0]}: ${constant[1].const})` : path);
    });
  if (node.items) return sections(node.items, `${path}[]`);
  if (!node.properties) return [];
  const entries = Object.entries(node.properties).filter(([name]) => name !== '$schema');
  const rows = entries.map(([name, field]) => {
    const need = node.required?.includes(name) ? 'required' : defaultOf(field);
    return `| \`${name}\` | ${cell(typeOf(field))} | ${cell(need)} | ${cell(field.description ?? '')} |`;
  });
  const table = ['| Field | Value | Default | Meaning |', '|---|---|---|---|', ...rows].join('\n');
  const nested = entries.flatMap(([name, field]) => sections(field, path ? `${path}.${name}` : name));
  return [...(path ? [`## \`${path}\``] : []), table, ...nested];
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (Array.isArray(node.type)) return node.type.map((type) => typeOf({ type })).join(' or ');
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.oneOf) return 'one of the kinds below';
  if (node.anyOf) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.items) return `list of ${typeOf(node.items)}`;
  if (node.properties) return 'fields below';
  if (typeof node.additionalProperties === 'object')
    return `names, each with ${typeOf(node.additionalProperties)}`;
  const range = [
    ...(node.minimum !== undefined && Math.abs(node.minimum) < 2 ** 53 - 1 ? [`from ${node.minimum}`] : []),
    ...(node.exclusiveMinimum === undefined ? [] : [`above ${node.exclusiveMinimum}`]),
    ...(node.maximum !== undefined && node.maximum < 2 ** 53 - 1 ? [`to ${node.maximum}`] : []),
  ].join(' ');
  const named: Readonly<Record<string, string>> = {
    integer: 'whole number',
    number: 'number',
    boolean: '`true`, `false`',
    string: node.pattern?.startsWith('^[a-z0-9]') ? 'name' : 'text',
  };
  const name = named[String(node.type ?? '')] ?? 'anything';
  return range ? `${name} ${range}` : name;
}

function defaultOf({ default: value }: Node): string {
  return value === undefined ? '' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

/** A page about the verbs: what each takes, in the words of its own help. */
export function commandReference(commands: readonly CommandUnknownOpts[]): string {
  const parts = commands.map((command) => {
    const subcommands = command.commands.map((sub) => table(sub, `${command.name()} ${sub.name()}`));
    return [table(command, command.name()), ...subcommands].join('\n\n');
  });
  return [
    '# Commands',
    'Every flag can also be set as an environment variable, `JUROR_` and its name in capitals: `--model` is `JUROR_MODEL`. A flag wins.',
    ...parts,
  ]
    .join('\n\n')
    .concat('\n');
}

function table(command: CommandUnknownOpts, name: string): string {
  const words = command.registeredArguments.map((argument) => {
    const inner = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${inner}>` : `[${inner}]`;
  });
  const rows = command.options.map(({ flags, description, defaultValue, argChoices, mandatory }) => {
    const choices = argChoices ? ` (${argChoices.join(', ')})` : '';
    const standard =
      mandatory && defaultValue === undefined
        ? 'required'
        : defaultValue === undefined || defaultValue === false || flags.startsWith('--no-')
          ? ''
          : `\`${defaultValue}\``;
    return `| \`${cell(flags)}\` | ${cell(standard)} | ${cell(description + choices)} |`;
  });
  return [
    `## juror ${[name, ...words].join(' ')}`,
    `${command.description()}`,
    ...(rows.length > 0 ? [['| Flag | Default | Meaning |', '|---|---|---|', ...rows].join('\n')] : []),
  ].join('\n\n');
}
