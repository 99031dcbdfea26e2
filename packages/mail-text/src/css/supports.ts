// Whether a current browser supports what `@supports` asks for. Syntax is css-tree's.
import type { CssNode } from 'css-tree';
import generate from 'css-tree/generator';
import { ident } from 'css-tree/utils';
import { declared, isRead } from './declared.ts';
import { propertyNames } from './property-names.ts';
import { type SelectorContext, selectorsIn } from './selector-parser.ts';

/** Undefined where a browser does not understand the question: then neither it nor its opposite holds. */
export type Answer = boolean | undefined;

/** A property that we do not read is taken to have any value. */
const isSupported = (name: string, value: string): boolean =>
  isRead(name)
    ? declared(name, value, { quirks: false }) !== undefined
    : propertyNames.has(name) || propertyNames.has(name.replace(/^-webkit-/, ''));

/** One question of a condition. */
export const supportsHolds = (node: CssNode): Answer => {
  if (node.type === 'SupportsDeclaration') {
    const { property, value } = node.declaration;
    const name = ident.decode(property);
    return name.startsWith('--') || isSupported(name.toLowerCase(), generate(value));
  }
  if (node.type === 'FeatureFunction' && node.value.type === 'Selector') {
    return selectorsIn(node.value, anywhere).length > 0;
  }
  return node.type === 'GeneralEnclosed' && /^font-(?:tech|format)$/i.test(node.function ?? '');
};

const anywhere: SelectorContext = { parents: undefined, begins: 'nowhere', scope: undefined, quirks: false };
