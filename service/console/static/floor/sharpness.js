/**
 * How sharp a picture is: the variance of its Laplacian (Pech-Pacheco et al., ICPR 2000). Edges that are sharp have large
 * second differences; a blurred picture has none. The number depends on what is in the picture, so it only warns.
 */

/** Below this a photograph of print is called blurred. */
export const SHARP = 100;

/** @param {HTMLCanvasElement} canvas @returns {{width: number, height: number, values: Float32Array}} 0 to 255 */
export function grey(canvas) {
  const { width, height } = canvas, { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, width, height);
  const values = Float32Array.from({ length: width * height }, (_, at) => 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]);
  return { width, height, values };
}

/** @param {{width: number, height: number, values: Float32Array}} picture @returns {number} 0 for a plain surface */
export function sharpness({ width, height, values }) {
  let sum = 0, squares = 0, count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const second = values[at - 1] + values[at + 1] + values[at - width] + values[at + width] - 4 * values[at];
      sum += second;
      squares += second * second;
      count++;
    }
  }
  return count ? squares / count - (sum / count) ** 2 : 0;
}
