import type { IOutput } from '@jupyterlab/nbformat';
import { dataOf, imageIn, joined } from './outputs';

const SVG = 'image/svg+xml';
/** As large as a model looks at (pixels of the longer side). */
const LONGEST_SIDE = 1536;
/** Of an image that does not say how large it is. */
const DEFAULT_SIDE = 512;

/** Outputs whose drawings are images of pixels as well: no model takes SVG. */
export function withRasters(outputs: readonly IOutput[]): Promise<IOutput[]> {
  return Promise.all(
    outputs.map(async output => {
      const svg = dataOf(output)[SVG];
      if (svg === undefined || imageIn(output) !== null) {
        return output;
      }
      const png = await drawn(joined(svg as string | string[]));
      return png === null
        ? output
        : ({ ...output, data: { ...dataOf(output), 'image/png': png } } as IOutput);
    })
  );
}

/** A drawing as PNG in base64; `null` where the browser cannot draw it. */
async function drawn(svg: string): Promise<string | null> {
  const image = new Image();
  // As an image it runs nothing and loads nothing.
  image.src = `data:${SVG};charset=utf-8,${encodeURIComponent(svg)}`;
  try {
    await image.decode();
    const width = image.naturalWidth || DEFAULT_SIDE;
    const height = image.naturalHeight || DEFAULT_SIDE;
    const scale = Math.min(2, LONGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    if (context === null) {
      return null;
    }
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/png').split(',')[1];
  } catch {
    return null;
  }
}
