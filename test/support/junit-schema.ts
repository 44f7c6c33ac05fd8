/** Checks a document against `junit-10.xsd`: elements, attributes, what is required, and patterns, as far as that schema uses XSD. */
import { readFileSync } from 'node:fs';
import { XMLParser } from 'fast-xml-parser';

/** An element as it was parsed. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** All text in it, that of its children left out. */
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  // References by number are among them.
  htmlEntities: true,
  ignoreDeclaration: true,
  processEntities: { enabled: true, maxTotalExpansions: 1e9, maxExpandedLength: 1e9 },
});

type Parsed = Readonly<Record<string, unknown>>;

/** The root element of a document. Throws where it is not well formed. */
export function parseXml(text: string): XmlElement {
  const roots: XmlElement[] = elements(parser.parse(text, true));
  const [root] = roots;
  if (root === undefined || roots.length > 1) throw new Error(`expected one root, got ${roots.length}`);
  return root;
}

function elements(nodes: readonly Parsed[]): XmlElement[] {
  return nodes.flatMap((node) => {
    const name = Object.keys(node).find((key) => key !== ':@' && key !== '#text' && !key.startsWith('?'));
    if (name === undefined) return [];
    const inner = node[name] as readonly Parsed[];
    const attributes = (node[':@'] ?? {}) as Record<string, string>;
    const text = inner.map((child) => child['#text'] ?? '').join('');
    return [{ name, attributes, children: elements(inner), text }];
  });
}

/** All elements of a name, in order, at any depth. */
export function findAll(element: XmlElement, name: string): XmlElement[] {
  const own = element.name === name ? [element] : [];
  return [...own, ...element.children.flatMap((child) => findAll(child, name))];
}

const schema = parseXml(readFileSync(new URL('../fixtures/junit/junit-10.xsd', import.meta.url), 'utf8'));
const declared = new Map(
  schema.children
    .filter(({ name }) => name === 'xs:element')
    .map((element) => [element.attributes.name, element]),
);
const patterns = new Map(
  schema.children
    .filter(({ name }) => name === 'xs:simpleType')
    .map((type) => [
      type.attributes.name,
      new RegExp(`^(?:${findAll(type, 'xs:pattern')[0]?.attributes.value})$`),
    ]),
);

/** What of a document the schema forbids; nothing for a valid one. The groups of the schema have no order and no upper bound. */
export function schemaFaults(element: XmlElement): string[] {
  const rule = declared.get(element.name);
  if (rule === undefined) return [`no element ${element.name}`];
  const type = rule.children.find(({ name }) => name === 'xs:complexType');
  const attributes = type?.children.filter(({ name }) => name === 'xs:attribute') ?? [];
  const allowed = type ? findAll(type, 'xs:element').map(({ attributes: { ref, name } }) => ref ?? name) : [];
  const text = type === undefined || type.attributes.mixed === 'true';
  return [
    ...Object.entries(element.attributes).flatMap(([name, value]) => {
      const found = attributes.find((attribute) => attribute.attributes.name === name);
      if (found === undefined) return [`${element.name} has no attribute ${name}`];
      const pattern = patterns.get(found.attributes.type ?? '');
      return pattern && !pattern.test(value) ? [`${element.name} ${name}: ${value}`] : [];
    }),
    ...attributes
      .filter(({ attributes: { use, name = '' } }) => use === 'required' && !(name in element.attributes))
      .map(({ attributes: { name } }) => `${element.name} lacks ${name}`),
    ...(text || element.text.trim() === '' ? [] : [`${element.name} holds text`]),
    ...element.children.flatMap((child) =>
      allowed.includes(child.name) ? schemaFaults(child) : [`${element.name} holds ${child.name}`],
    ),
  ];
}
