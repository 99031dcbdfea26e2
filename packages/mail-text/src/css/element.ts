// What a selector may ask of an element: its name, attributes and place among others, and what HTML says of it, as states
// (pseudo-classes) in a message that is only looked at, where nothing is pointed at, focused or visited.

/** Attribute names are lower case; of a doubled attribute the first counts. */
export type Attributes = Readonly<Record<string, string | undefined>>;

export interface StyledElement {
  readonly name: string;
  /** In lower case where the document is in quirks mode; so are the classes. */
  readonly id: string;
  readonly classes: ReadonlySet<string>;
  readonly attributes: Attributes;
  readonly parent: StyledElement | undefined;
  /** The element before it with the same parent. */
  readonly previous: StyledElement | undefined;
  /** From 1, among the elements of its parent; among those of its name. */
  readonly position: number;
  readonly positionOfType: number;
  /** How many elements its parent has, and it itself. */
  readonly siblings: number;
  readonly children: number;
  /** What an index of rules remembers of it, for the elements inside. */
  rulesInside?: unknown;
  /** What comes after its start tag; absent where no sheet asks for that. */
  readonly ahead: Ahead | undefined;
}

export interface Ahead {
  readonly children: readonly StyledElement[];
  readonly next: StyledElement | undefined;
  /** How many elements of its name its parent has. */
  readonly siblingsOfType: number;
  /** Neither elements nor text are in it. */
  readonly isEmpty: boolean;
}

type StateTest = (element: StyledElement, argument: readonly string[]) => boolean;

const has = ({ attributes }: StyledElement, name: string): boolean => attributes[name] !== undefined;
const isOneOf =
  (...names: readonly string[]): StateTest =>
  ({ name }) =>
    names.includes(name);

const isLink: StateTest = (element) => (element.name === 'a' || element.name === 'area') && has(element, 'href');
const isControl = isOneOf('button', 'input', 'select', 'textarea', 'option', 'optgroup', 'fieldset');
const isFormField = isOneOf('input', 'select', 'textarea');
const isTextField = isOneOf('input', 'textarea');

const isChecked: StateTest = (element) =>
  element.name === 'option'
    ? has(element, 'selected')
    : element.name === 'input' &&
      has(element, 'checked') &&
      /^(?:checkbox|radio)$/i.test(element.attributes.type?.trim() ?? '');

/** A field that must be filled in and is not. */
const isInvalid: StateTest = (element) =>
  isFormField(element, []) && has(element, 'required') && !element.attributes.value && !isChecked(element, []);

/** Farther out no language and no direction is looked for. */
const mostAncestors = 200;

/** The value of an attribute, on the element or the nearest one around it that has it. */
const inherited = (element: StyledElement, name: string): string => {
  let at: StyledElement | undefined = element;
  for (let steps = 0; at && steps < mostAncestors; steps += 1) {
    const value = at.attributes[name];
    if (value !== undefined) return value.trim().toLowerCase();
    at = at.parent;
  }
  return '';
};

const hasLanguage: StateTest = (element, ranges) => {
  const language = inherited(element, 'lang');
  return ranges.some((range) => {
    const wanted = range.replace(/^\*-?/, '');
    return language !== '' && (wanted === '' || language === wanted || language.startsWith(`${wanted}-`));
  });
};

const never: StateTest = () => false;

const states: Readonly<Record<string, StateTest>> = {
  root: ({ parent, name }) => parent === undefined && name === 'html',
  scope: ({ parent, name }) => parent === undefined && name === 'html',
  empty: ({ ahead }) => ahead?.isEmpty === true,
  link: isLink,
  'any-link': isLink,
  '-webkit-any-link': isLink,
  checked: isChecked,
  default: isChecked,
  enabled: (element, argument) => isControl(element, argument) && !has(element, 'disabled'),
  disabled: (element, argument) => isControl(element, argument) && has(element, 'disabled'),
  required: (element, argument) => isFormField(element, argument) && has(element, 'required'),
  optional: (element, argument) => isFormField(element, argument) && !has(element, 'required'),
  'read-write': (element, argument) =>
    isTextField(element, argument) && !has(element, 'readonly') && !has(element, 'disabled'),
  'read-only': (element, argument) =>
    !isTextField(element, argument) || has(element, 'readonly') || has(element, 'disabled'),
  'placeholder-shown': (element, argument) =>
    isTextField(element, argument) && has(element, 'placeholder') && !element.attributes.value,
  valid: (element, argument) => isFormField(element, argument) && !isInvalid(element, argument),
  invalid: isInvalid,
  open: (element) => (element.name === 'details' || element.name === 'dialog') && has(element, 'open'),
  defined: ({ name }) => !name.includes('-'),
  lang: hasLanguage,
  dir: (element, [wanted]) => wanted === (inherited(element, 'dir') === 'rtl' ? 'rtl' : 'ltr'),
};

const neverMatching = new Set(
  (
    'hover active focus focus-within focus-visible visited target target-within fullscreen -webkit-full-screen modal ' +
    'popover-open autofill -webkit-autofill picture-in-picture user-valid user-invalid indeterminate in-range ' +
    'out-of-range host host-context target-current current past future -webkit-drag window-inactive horizontal ' +
    'vertical decrement increment start end double-button single-button no-button corner-present'
  ).split(' '),
);

/** Whether browsers know such a pseudo-class; one that they do not know makes its selector invalid. */
export const isState = (name: string): boolean => Object.hasOwn(states, name) || neverMatching.has(name);

/** Whether the element is in the state. */
export const isInState = (element: StyledElement, name: string, argument: readonly string[]): boolean =>
  (Object.hasOwn(states, name) ? (states[name] ?? never) : never)(element, argument);

/** Values of these attributes are compared without regard to case (HTML standard §4.16.2). */
export const caselessAttributes = new Set(
  (
    'accept accept-charset align alink axis bgcolor charset checked clear codetype color compact declare defer dir ' +
    'direction disabled enctype face frame hreflang http-equiv lang language link media method multiple nohref noresize ' +
    'noshade nowrap readonly rel rev rules scope scrolling selected shape target text type valign valuetype vlink'
  ).split(' '),
);

/** Pseudo-elements that browsers know, besides those of their own (`-webkit-…`). */
export const pseudoElements = new Set(
  (
    'before after first-line first-letter marker placeholder selection backdrop file-selector-button details-content ' +
    'target-text spelling-error grammar-error highlight part slotted cue view-transition'
  ).split(' '),
);
/** Those that were written with one colon before there were two. */
export const oldPseudoElements = new Set(['before', 'after', 'first-line', 'first-letter']);
