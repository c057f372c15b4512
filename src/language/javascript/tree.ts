import type { SyntaxNode, Tree, TreeFragment } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { Argument } from '../insertion/sites.ts';
import { type Literal, listLiteral, NULL_LITERAL, numberLiteral } from '../literals.ts';

const PARSERS = {
  javascript: parser,
  javascriptreact: parser.configure({ dialect: 'jsx' }),
  typescript: parser.configure({ dialect: 'ts' }),
  typescriptreact: parser.configure({ dialect: 'ts jsx' }),
};

export type JavaScriptDialect = keyof typeof PARSERS;

export function isJavaScriptDialect(languageId: string): languageId is JavaScriptDialect {
  return Object.hasOwn(PARSERS, languageId);
}

/** Parses tolerantly; with the fragments of an earlier tree, only around what changed. */
export function parseJavaScript(text: string, dialect: JavaScriptDialect, fragments?: readonly TreeFragment[]): Tree {
  return PARSERS[dialect].parse(text, fragments);
}

export function slice(text: string, node: { readonly from: number; readonly to: number }): string {
  return text.slice(node.from, node.to);
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.name !== 'LineComment' && child.name !== 'BlockComment') children.push(child);
  }
  return children;
}

/** What is called, without `new` and `await`: `study.optimize`. */
export function calleeOf(call: SyntaxNode, text: string): string {
  const list = call.getChild('ArgList');
  return text
    .slice(call.from, list ? list.from : call.to)
    .replace(/^new\s+/, '')
    .trim();
}

export function lastName(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1).trim();
}

/** The arguments of a call, all by place. */
export function argumentsOf(call: SyntaxNode): SyntaxNode[] {
  const list = call.getChild('ArgList');
  return list ? childrenOf(list).filter((child) => !['(', ')', ','].includes(child.name) && !child.type.isError) : [];
}

/** Name and value of `name: value` or `name = value` in an object; null for a method, a shorthand or `...rest`. */
export function propertyOf(
  property: SyntaxNode,
  text: string,
): { name: string; value: SyntaxNode; nameNode: SyntaxNode } | null {
  const parts = childrenOf(property);
  const at = parts.findIndex((part) => part.name === ':' || part.name === 'Equals');
  const nameNode = parts.slice(0, Math.max(at, 0)).findLast((part) => !/^(TypeAnnotation|LogicOp)$/.test(part.name));
  const value = parts[at + 1];
  // While `lr:` waits for its value, the key of the next line stands in its place.
  if (!nameNode || !value || value.type.isError || value.to === value.from || parts[at + 2]?.type.isError) return null;
  const name = nameNode.name === 'String' ? stringValue(nameNode, text) : slice(text, nameNode).replace(/^#/, '');
  return name === undefined ? null : { name, value: withoutCast(value), nameNode };
}

/** The value in `value as Type`, `value satisfies Type` and `<Type>value`. */
export function withoutCast(node: SyntaxNode): SyntaxNode {
  const isCast = node.name === 'BinaryExpression' && (node.getChild('as') || node.getChild('satisfies'));
  const inner = isCast ? node.firstChild : node.name === 'PrefixCast' ? node.lastChild : null;
  return inner ? withoutCast(inner) : node;
}

/** The value of a named property of an object literal; for a shorthand, the name itself. */
export function memberOf(object: SyntaxNode | undefined, name: string, text: string): SyntaxNode | null {
  if (object?.name !== 'ObjectExpression') return null;
  for (const property of object.getChildren('Property')) {
    const found = propertyOf(property, text);
    if (found?.name === name) return found.value;
    const shorthand = property.firstChild;
    if (!found && shorthand?.name === 'PropertyDefinition' && slice(text, shorthand) === name) return shorthand;
  }
  return null;
}

/** The value that an expression spells out; null for everything that has to be run to be known. */
export function javaScriptLiteral(node: SyntaxNode | null | undefined, text: string): Literal | null {
  if (!node) return null;
  switch (node.name) {
    case 'Number':
      return readNumber(slice(text, node));
    case 'UnaryExpression': {
      const number = javaScriptLiteral(node.lastChild, text);
      const sign = slice(text, node)[0];
      if (number?.type !== 'number' || (sign !== '-' && sign !== '+')) return null;
      return numberLiteral(
        sign === '-' ? -(number.value as number) : (number.value as number),
        number.integer ?? false,
      );
    }
    case 'String': {
      const value = readString(slice(text, node));
      return value === undefined ? null : { type: 'string', value };
    }
    case 'TemplateString':
      return node.firstChild ? null : { type: 'string', value: slice(text, node).slice(1, -1) };
    case 'BooleanLiteral':
      return { type: 'boolean', value: slice(text, node) === 'true' };
    case 'null':
      return NULL_LITERAL;
    case 'ArrayExpression': {
      const elements = childrenOf(node).filter((child) => !['[', ']', ','].includes(child.name));
      return listLiteral(elements.map((element) => javaScriptLiteral(element, text)));
    }
    default:
      return null;
  }
}

function readNumber(written: string): Literal | null {
  const digits = written.replaceAll('_', '');
  if (/n$/.test(digits)) return null;
  return numberLiteral(Number(digits), /^0[xob]/i.test(digits) || !/[.e]/i.test(digits));
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', '0': '\0' };

function readString(written: string): string | undefined {
  const quote = written[0] as string;
  if (written.length < 2 || written.at(-1) !== quote) return undefined;
  return written.slice(1, -1).replace(/\\(?:x([\da-f]{2})|u([\da-f]{4})|([\s\S]))/gi, (_, hex2, hex4, character) => {
    if (hex2 || hex4) return String.fromCharCode(Number.parseInt(hex2 ?? hex4, 16));
    return ESCAPES[character] ?? (character === '\n' ? '' : character);
  });
}

/** The text of a string node; undefined for anything else. */
export function stringValue(node: SyntaxNode | null | undefined, text: string): string | undefined {
  const literal = node?.name === 'String' || node?.name === 'TemplateString' ? javaScriptLiteral(node, text) : null;
  return literal?.type === 'string' ? (literal.value as string) : undefined;
}

export function argument(node: SyntaxNode | null | undefined, text: string): Argument | null {
  if (!node) return null;
  const from = node.parent?.name === 'Property' ? node.parent.from : node.from;
  return { from, start: node.from, end: node.to, literal: javaScriptLiteral(node, text), text: slice(text, node) };
}
