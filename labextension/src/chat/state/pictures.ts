// Pictures as models look at them: no larger, and without what cameras write into them.

import { ProblemError } from '../client/problem';
import type { ImagePart } from '../protocol';

/** A model's server makes a picture fit into this square, and then its shorter side this
 * short; what is more than that costs time and is thrown away. */
const LONGEST_SIDE = 2048;
const SHORTER_SIDE = 768;
/** Base64 of it is within what a part may have. */
export const MOST_PICTURE_BYTES = (3_000_000 * 3) / 4;
/** Up to here a drawing or a screen is kept exact. */
const EXACT_BYTES = 1_000_000;
const QUALITIES = [0.9, 0.75, 0.5];

/** How large a picture is to be, in pixels. */
export function fitted(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(
    1,
    LONGEST_SIDE / Math.max(width, height),
    SHORTER_SIDE / Math.min(width, height)
  );
  const scaled = (side: number) => Math.max(1, Math.round(side * scale));
  return { width: scaled(width), height: scaled(height) };
}

/** Whether the browser may be able to draw this file; drawings (SVG) are text to a model. */
export function isPicture({ type }: Blob): boolean {
  return type.startsWith('image/') && type !== 'image/svg+xml';
}

/**
 * A picture as part of a question, turned as its camera says and without anything else that
 * the camera says.  Rejects where the browser cannot read it.
 */
export async function picture(file: Blob, name: string): Promise<ImagePart> {
  let drawn: HTMLCanvasElement;
  try {
    drawn = await draw(file);
  } catch {
    throw new ProblemError({
      code: 'invalid',
      message:
        `“${name}” cannot be read as a picture by this browser. Save it as PNG or JPEG, ` +
        'and attach that.'
    });
  }
  for (const blob of await encoded(drawn, file.type)) {
    if (blob.size <= MOST_PICTURE_BYTES) {
      return {
        type: 'image',
        media_type: blob.type === 'image/png' ? 'image/png' : 'image/jpeg',
        data: await base64(blob),
        name: name.slice(-200) || undefined
      };
    }
  }
  throw new ProblemError({
    code: 'too_large',
    message: `“${name}” is too large, even made smaller. Cut out what matters of it.`
  });
}

/** A picture that is a part already, by the same rule. */
export async function redrawn(part: ImagePart): Promise<ImagePart> {
  const bytes = Uint8Array.from(atob(part.data), sign => sign.charCodeAt(0));
  return picture(new Blob([bytes], { type: part.media_type }), part.name ?? '');
}

async function draw(file: Blob): Promise<HTMLCanvasElement> {
  const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const { width, height } = fitted(image.width, image.height);
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new Error('no canvas');
  }
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  image.close();
  return canvas;
}

/** It as a file, better ones first; photographs are none the worse for JPEG. */
async function encoded(canvas: HTMLCanvasElement, type: string): Promise<Blob[]> {
  if (type !== 'image/jpeg') {
    const exact = await toBlob(canvas, 'image/png');
    if (exact.size <= EXACT_BYTES) {
      return [exact];
    }
  }
  const opaque = onWhite(canvas); // JPEG knows no transparency
  return Promise.all(QUALITIES.map(quality => toBlob(opaque, 'image/jpeg', quality)));
}

function onWhite(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const context = canvas.getContext('2d');
  if (context !== null) {
    context.globalCompositeOperation = 'destination-over';
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  return canvas;
}

function toBlob(
  canvas: HTMLCanvasElement,
  type: string,
  quality?: number
): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      blob => {
        if (blob === null) {
          reject(new Error('not encoded'));
        } else {
          resolve(blob);
        }
      },
      type,
      quality
    );
  });
}

function base64(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve((reader.result as string).split(',')[1]);
    };
    reader.onerror = () => {
      reject(reader.error ?? new Error('not read'));
    };
    reader.readAsDataURL(blob);
  });
}
