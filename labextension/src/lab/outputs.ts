// What an output of a cell holds, as a model can take it in; knows no widgets.

import type { IOutput, MultilineString } from '@jupyterlab/nbformat';
import type { ImagePart } from '../chat/protocol';
import { textOfHtml } from './htmlText';

type ImageType = ImagePart['media_type'];
const IMAGES: readonly ImageType[] = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp'
];

/** An image as it goes with a question; its data is base64. */
export type ImageBytes = Pick<ImagePart, 'media_type' | 'data'>;

/** What an output of `ChatWidget` holds beside the widget (see `widget.py`). */
export const CONVERSATION = 'application/vnd.jupyter-chat.conversation+json';

/** The text of an object that has none: `<Figure size 640x480 with 1 Axes>`. */
const OPAQUE = /^<.*>$/s;

interface ErrorOutput {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

export function isError(output: IOutput): output is IOutput & ErrorOutput {
  return output.output_type === 'error';
}

const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
const ANSI = new RegExp(
  [
    `${ESCAPE}\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)`, // links and titles
    `${ESCAPE}\\[[0-?]*[ -/]*[@-~]` // colours and the like
  ].join('|'),
  'g'
);

/** A text without what a terminal takes for colours. */
export function plain(text: string): string {
  return text.replace(ANSI, '');
}

export function errorText({ ename, evalue, traceback }: ErrorOutput): string {
  const text = plain(traceback.join('\n')).trimEnd();
  return text === '' ? `${ename}: ${evalue}` : text;
}

/**
 * What an output says: the best of its texts.  Tables have both HTML and plain text, which
 * says the same; but some plain texts say no more than of what type an object is.
 */
export function textOf(output: IOutput): string {
  if (isError(output)) {
    return errorText(output);
  }
  if (output.output_type === 'stream') {
    return plain(joined(output.text as MultilineString));
  }
  const data = dataOf(output);
  const textIn = (type: string) =>
    type in data ? plain(joined(data[type] as MultilineString)) : undefined;
  const said = textIn('text/plain');
  const isSaid = said !== undefined && !OPAQUE.test(said) && !(CONVERSATION in data);
  const html = textIn('text/html');
  const json = data['application/json'];
  return (
    textIn('text/markdown') ??
    (isSaid ? said : undefined) ??
    textIn('text/latex') ??
    (html === undefined ? undefined : textOfHtml(html)) ??
    (json === undefined ? undefined : JSON.stringify(json)) ??
    said ??
    unreadable(Object.keys(data))
  );
}

function unreadable(types: readonly string[]): string {
  return types.length === 0
    ? ''
    : `[an output that cannot be attached: ${types.join(', ')}]`;
}

/** The best image in an output that a model can see. */
export function imageIn(output: IOutput): ImageBytes | null {
  const data = dataOf(output);
  const type = IMAGES.find(name => name in data);
  return type === undefined
    ? null
    : {
        media_type: type,
        data: joined(data[type] as MultilineString).replace(/\s/g, '')
      };
}

/** What there is of an output, by media type. */
export function dataOf(output: IOutput): Readonly<Record<string, unknown>> {
  return (output.data ?? {}) as Record<string, unknown>;
}

/** A text as notebooks hold it: whole, or by lines. */
export function joined(text: MultilineString): string {
  return Array.isArray(text) ? text.join('') : text;
}
