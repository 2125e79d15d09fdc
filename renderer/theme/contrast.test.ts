// The promise of tokens.css in figures: text at least 4.5 : 1, graphics at least 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11), in both themes;
// and hues of cells that stay apart under the three kinds of colour blindness.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Rgb = [number, number, number];

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function tokens(theme: 'dark' | 'light'): Map<string, Rgb> {
  const block = css.slice(css.indexOf(`[data-theme='${theme}']`));
  const body = block.slice(block.indexOf('{') + 1, block.indexOf('}'));
  const found = new Map<string, Rgb>();
  for (const [, name, l, c, h] of body.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)) {
    found.set(name!, linearRgb(Number(l), Number(c), Number(h)));
  }
  return found;
}

/** OKLCH to linear sRGB (Ottosson, "A perceptual color space for image processing"), clipped to the gamut. */
function linearRgb(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (value: number): number => Math.min(1, Math.max(0, value));
  return [
    clip(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    clip(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    clip(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

const luminance = ([r, g, b]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** OKLab distance, the yardstick for "can be told apart". */
function distance(a: Rgb, b: Rgb): number {
  const lab = ([r, g, bl]: Rgb): Rgb => {
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * bl);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * bl);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * bl);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const [x, y] = [lab(a), lab(b)];
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]);
}

/** Linear-RGB matrices of full colour blindness (Machado, Oliveira, Fernandes 2009, severity 1.0). */
const BLINDNESS: Record<string, number[]> = {
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};
const seen = (m: number[], [r, g, b]: Rgb): Rgb =>
  [0, 3, 6].map((i) => Math.min(1, Math.max(0, m[i]! * r + m[i + 1]! * g + m[i + 2]! * b))) as Rgb;

describe.each(['dark', 'light'] as const)('the %s theme', (theme) => {
  const colour = tokens(theme);
  const grounds = ['ground', 'panel', 'raised'];

  it.each(['text', 'dim', 'faint', 'accent', 'ok', 'warn', 'error', 'code-type', 'code-number', 'code-text'])(
    '%s reads on every ground',
    (name) => {
      for (const ground of grounds)
        expect(contrast(colour.get(name)!, colour.get(ground)!)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('text reads on the accent', () => {
    expect(contrast(colour.get('on-accent')!, colour.get('accent')!)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(['root', 'hypervisor', 'control-line', ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `hue-${n}`)])(
    '%s shows as a graphic',
    (name) => {
      for (const ground of grounds) expect(contrast(colour.get(name)!, colour.get(ground)!)).toBeGreaterThanOrEqual(3);
    },
  );

  it('keeps the hues of cells apart, for colour-blind eyes too', () => {
    const hues = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => colour.get(`hue-${n}`)!);
    for (const matrix of [[1, 0, 0, 0, 1, 0, 0, 0, 1], ...Object.values(BLINDNESS)]) {
      hues.forEach((a, i) =>
        hues.slice(i + 1).forEach((b) => expect(distance(seen(matrix, a), seen(matrix, b))).toBeGreaterThan(0.05)),
      );
    }
  });
});
