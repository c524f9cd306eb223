/**
 * How sharp a picture is: the variance of its Laplacian (Pech-Pacheco et al., ICPR 2000), for one of its grey values, so that
 * pale print counts as much as black. Edges that are sharp have large second differences; a blurred picture has none.
 *
 * Measured on printed lot numbers of 30 to 140 pixels: over 50 where nothing is blurred, 2 to 7 where the blur is as wide as a
 * stroke, below that where nobody reads it. It depends on what is in the picture, so it only warns.
 */

/** In thousandths; a photograph of print below this is called blurred. */
export const SHARP = 5;

/** @param {HTMLCanvasElement} canvas @returns {{width: number, height: number, values: Float32Array}} 0 to 255 */
export function grey(canvas) {
  const { width, height } = canvas, { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, width, height);
  const values = Float32Array.from({ length: width * height }, (_, at) => 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]);
  return { width, height, values };
}

/** @param {{width: number, height: number, values: Float32Array}} picture @returns {number} thousandths; 0 for a plain surface */
export function sharpness({ width, height, values }) {
  const seconds = [];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      seconds.push(values[at - 1] + values[at + 1] + values[at - width] + values[at + width] - 4 * values[at]);
    }
  }
  const contrast = variance(values);
  return contrast === 0 ? 0 : (1000 * variance(seconds)) / contrast;
}

/** @param {ArrayLike<number>} values */
function variance(values) {
  let sum = 0, squares = 0;
  for (let at = 0; at < values.length; at++) {
    sum += values[at];
    squares += values[at] ** 2;
  }
  return values.length ? squares / values.length - (sum / values.length) ** 2 : 0;
}
