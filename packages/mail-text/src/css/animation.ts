// What an element looks like once its animations have run: that is what a person reads. Knows no element.
import type { Declaration } from './blocks.ts';
import { declared } from './declared.ts';
import type { Declared, Properties, PropertyName } from './properties.ts';
import { isPropertyName, properties } from './properties.ts';
import type { Keyframe } from './sheet.ts';

/** Seconds. What goes on for longer is what a person sees of it. */
const soon = 5;

const rules = { quirks: false };

const meaningOf = (declarations: readonly Declaration[]): Declared =>
  Object.assign({}, ...declarations.map(({ name, value }) => declared(name, value, rules)));

const frameAt = (frames: readonly Keyframe[], at: number): Declared =>
  meaningOf(frames.filter((frame) => frame.at === at).flatMap(({ declarations }) => declarations));

/** At a whole number of runs, whether the last one ends where the animation begins. */
const endsAtStart = (direction: string, iterations: number): boolean => {
  if (direction === 'reverse') return true;
  if (direction === 'alternate') return iterations % 2 === 0;
  return direction === 'alternate-reverse' && iterations % 2 === 1;
};

/** While it runs: a property that is the same all the time is so; of others what would hide is not taken for granted. */
const meanwhile = (frames: readonly Keyframe[]): Declared => {
  const [start, end] = [frameAt(frames, 0), frameAt(frames, 1)];
  const all = frames.map(({ declarations }) => meaningOf(declarations));
  const names = new Set(all.flatMap((frame) => Object.keys(frame)).filter(isPropertyName));
  const says: { [Name in PropertyName]?: Declared[Name] } = {};
  for (const name of names) {
    const isSteady = [start, end, ...all].every((frame) => JSON.stringify(frame[name]) === JSON.stringify(start[name]));
    Object.assign(says, { [name]: isSteady ? start[name] : properties[name].initial });
  }
  return says;
};

const itemOf = <Item>(list: readonly Item[], index: number): Item | undefined => list[index % list.length];

const restingFrame = (style: Properties, index: number, frames: readonly Keyframe[]): Declared => {
  const duration = itemOf(style['animation-duration'], index) ?? 0;
  const delay = itemOf(style['animation-delay'], index) ?? 0;
  const iterations = itemOf(style['animation-iteration-count'], index) ?? 1;
  const direction = itemOf(style['animation-direction'], index) ?? 'normal';
  const fill = itemOf(style['animation-fill-mode'], index) ?? 'none';
  const isPaused = itemOf(style['animation-play-state'], index) === 'paused';
  const isReversed = direction === 'reverse' || direction === 'alternate-reverse';
  if (delay > soon || (isPaused && delay >= 0)) {
    const shows = fill === 'backwards' || fill === 'both' || (isPaused && delay === 0 && duration > 0);
    return shows ? frameAt(frames, isReversed ? 1 : 0) : {};
  }
  if (isPaused || delay + duration * iterations > soon) return meanwhile(frames);
  if (fill !== 'forwards' && fill !== 'both') return {};
  return frameAt(frames, endsAtStart(direction, iterations) ? 0 : 1);
};

/** Properties that no animation changes. */
const fixed = /^(?:animation-|direction$|writing-mode$)/;

/**
 * What animations make of an element in the end; nothing where it has none.
 * @param important properties that no animation overrides
 */
export const restingStyle = (
  style: Properties,
  keyframes: ReadonlyMap<string, readonly Keyframe[]>,
  important: ReadonlySet<PropertyName>,
): Declared | undefined => {
  const names = style['animation-name'];
  if (keyframes.size === 0 || names.every((name) => !keyframes.has(name))) return undefined;
  const together = Object.assign(
    {},
    ...names.map((name, index) => restingFrame(style, index, keyframes.get(name) ?? [])),
  ) as Declared;
  return Object.fromEntries(
    Object.entries(together).filter(([name]) => !fixed.test(name) && isPropertyName(name) && !important.has(name)),
  );
};
