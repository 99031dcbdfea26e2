// What most tests of HTML ask for.
import { readableHtml } from '../src/html/readable-html.ts';

export const textOfHtml = (html: string): string => readableHtml(html).text;
