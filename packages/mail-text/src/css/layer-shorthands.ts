// The shorthands whose values are lists of layers: `background`, `mask` and `animation`. Knows no element.
import { colorOf } from './color.ts';
import { lengthOf, secondsOf } from './length.ts';
import { boxNames, directions, fillModes, iterationsOf, paintProperties, pictureOf } from './paint-properties.ts';
import type { Shorthand } from './properties.ts';
import { colorReader } from './text-properties.ts';
import { listOf, type Words } from './value.ts';

const repeats = /^(?:repeat|repeat-x|repeat-y|no-repeat|space|round)$/;
const places = /^(?:left|right|top|bottom|center)$/;

interface Layer {
  picture: string;
  color: string;
  boxes: string[];
  place: string[];
  size: string[];
  repeat: string[];
}

/** One layer of `background` or `mask`; undefined where a word has no place in it. */
const layerOf = (words: Words): Layer | undefined => {
  const layer: Layer = { picture: 'none', color: '', boxes: [], place: [], size: [], repeat: [] };
  let inSize = false;
  for (const word of words) {
    const isExtent =
      /^(?:auto|cover|contain)$/.test(word) || lengthOf(word, { bare: false, percent: true }) !== undefined;
    if (word === '/') inSize = true;
    else if (inSize && isExtent && layer.size.length < 2) layer.size.push(word);
    else if (pictureOf(word) !== undefined && layer.picture === 'none') layer.picture = word;
    else if (boxNames.test(word)) layer.boxes.push(word);
    else if (repeats.test(word)) layer.repeat.push(word);
    else if (places.test(word) || isExtent) layer.place.push(word);
    else if (layer.color === '' && colorOf(word) !== undefined) layer.color = word;
    else if (!/^(?:scroll|fixed|local|alpha|luminance|match-source|add|subtract|intersect|exclude)$/.test(word))
      return undefined;
  }
  return layer;
};

const joined = (parts: readonly (readonly string[])[]): Words =>
  parts.flatMap((part, index) => (index > 0 ? [',', ...part] : part));

export const background: Shorthand = {
  sets: ['background-color', 'background-image', 'background-clip', 'background-size', 'background-repeat'],
  read: (words, rules) => {
    const quirkyColor = words.length === 1 ? colorReader(words, rules) : undefined;
    const read = quirkyColor === undefined ? listOf(words).map(layerOf) : [layerOf([])];
    if (!read.every((layer) => layer !== undefined)) return undefined;
    if (read.slice(0, -1).some((layer) => layer.color !== '')) return undefined;
    return {
      'background-color':
        quirkyColor ?? colorOf(read.at(-1)?.color ?? '') ?? paintProperties['background-color'].initial,
      'background-image': read.map(({ picture }) => pictureOf(picture) ?? 'none'),
      'background-clip': read.map(({ boxes }) => boxes[1] ?? boxes[0] ?? 'border-box'),
      'background-size': joined(read.map(({ size }) => (size.length > 0 ? size : ['auto']))),
      'background-repeat': joined(read.map(({ repeat }) => (repeat.length > 0 ? repeat : ['repeat']))),
    };
  },
};

export const mask: Shorthand = {
  sets: ['mask-image', 'mask-size', 'mask-position', 'mask-repeat', 'mask-mode'],
  read: (words) => {
    const read = listOf(words).map(layerOf);
    if (!read.every((layer) => layer !== undefined && layer.color === '')) return undefined;
    return {
      'mask-image': read.map((layer) => pictureOf(layer?.picture ?? 'none') ?? 'none'),
      'mask-size': joined(read.map((layer) => (layer?.size.length ? layer.size : ['auto']))),
      'mask-position': joined(read.map((layer) => (layer?.place.length ? layer.place : ['0%', '0%']))),
      'mask-repeat': joined(read.map((layer) => (layer?.repeat.length ? layer.repeat : ['repeat']))),
      'mask-mode': words.filter((word) => /^(?:alpha|luminance)$/.test(word)),
    };
  },
};

/** One of the animations of a list, word by word. */
const animationOf = (words: Words) => {
  const times = words.flatMap((word) => secondsOf(word) ?? []);
  const rest = words.filter((word) => secondsOf(word) === undefined);
  const take = (isIt: (word: string) => boolean): string | undefined => {
    const at = rest.findIndex(isIt);
    return at < 0 ? undefined : rest.splice(at, 1)[0];
  };
  take((word) =>
    /^(?:linear|ease|ease-in|ease-out|ease-in-out|step-start|step-end|(?:steps|cubic-bezier|linear)\(.*)$/.test(word),
  );
  const iterations = take((word) => iterationsOf(word) !== undefined);
  const direction = take((word) => directions.test(word));
  const fill = take((word) => fillModes.test(word));
  const state = take((word) => /^(?:running|paused)$/.test(word));
  return { duration: times[0] ?? 0, delay: times[1] ?? 0, iterations, direction, fill, state, name: rest[0] ?? 'none' };
};

export const animation: Shorthand = {
  sets: [
    ...(['animation-name', 'animation-duration', 'animation-delay', 'animation-iteration-count'] as const),
    ...(['animation-direction', 'animation-fill-mode', 'animation-play-state'] as const),
  ],
  read: (words) => {
    const all = listOf(words).map(animationOf);
    return {
      'animation-name': all.map(({ name }) => name),
      'animation-duration': all.map(({ duration }) => duration),
      'animation-delay': all.map(({ delay }) => delay),
      'animation-iteration-count': all.map(({ iterations }) => iterationsOf(iterations ?? '1') ?? 1),
      'animation-direction': all.map(({ direction }) => direction ?? 'normal'),
      'animation-fill-mode': all.map(({ fill }) => fill ?? 'none'),
      'animation-play-state': all.map(({ state }) => state ?? 'running'),
    };
  },
};
